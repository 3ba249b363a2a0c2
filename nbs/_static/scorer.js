// Search leads to the lesson first, then to the guides; what it shows of a page is its text, without the buttons and lists around it
var Scorer = {
  score: ([docname, title, anchor, descr, score]) => score + (docname.startsWith("lesson/") ? 100 : docname.startsWith("guides/") ? 50 : 0),
  objNameMatch: 11, objPartialMatch: 6, objPrio: {0: 15, 1: 5, 2: -5}, objPrioDefault: 0, title: 15, partialTitle: 7, term: 5, partialTerm: 2,
};
document.addEventListener("DOMContentLoaded", () => {
  const whole = Search.htmlToText;
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html"), text = page.querySelector("article.bd-article");
    return text ? whole(`<div role="main">${text.innerHTML}</div>`, anchor) : whole(html, anchor);
  };
});
