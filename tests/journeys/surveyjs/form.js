// Shows the form that the address names, as in form.html?organised_groups-1.0.json.
"use strict";

fetch(location.search.slice(1))
  .then((answer) => answer.json())
  .then((form) => {
    const survey = new Survey.Model(form);
    survey.onComplete.add(() => {
      window.completed = survey.data;
    });
    survey.render(document.getElementById("form"));
    window.survey = survey;
  });
