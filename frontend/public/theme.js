// Before the first paint, so that nobody is dazzled: the theme this person chose on this device.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is closed: the system's own theme it is.
}
