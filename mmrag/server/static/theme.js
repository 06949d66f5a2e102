// Sets the chosen colours before the first paint; all else is in modules, which load later.
(() => {
  try {
    const theme = localStorage.getItem("mmrag.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is switched off: the system's colours hold.
  }
})();
