// Answers each line {form, data, expressions} with a line: faults of the form, and what is true.
"use strict";

const { SurveyModel } = require("survey-core");

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const asked = JSON.parse(line);
    const survey = new SurveyModel(asked.form);
    const faults = (survey.jsonErrors || []).map((fault) => fault.message);
    survey.data = asked.data;
    const holds = asked.expressions.map((expression) => survey.runCondition(expression));
    console.log(JSON.stringify({ faults, holds, data: survey.data }));
  });
