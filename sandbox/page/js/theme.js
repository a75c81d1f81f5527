/* Light, dark or as the system has it; set before anything is drawn. */

document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "";
