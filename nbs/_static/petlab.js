document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".btn-download-notebook-button").forEach(o => o.download = ""))
