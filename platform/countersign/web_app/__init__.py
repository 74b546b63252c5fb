"""The web app in `frontend/`: built when its sources changed, and served by the web process."""
