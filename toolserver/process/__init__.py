import os

# Before anything below here imports litellm: it would fetch its price list from the network at import.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ.setdefault("LITELLM_LOG", "ERROR")
