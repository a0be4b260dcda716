"""Reports as text: pure functions of a `Report`, one module a format.

`poollint.report.formats.FORMATS` names them. Each takes the report, a way to the text of a file
(None where it has none) and what the stream can show, and returns text that ends with a line
end, or nothing. No format shows a secret. Findings that a comment suppresses are part of the
formats for machines only (`json`, `sarif`). The last lines (counts, coverage, what was not read)
are no part of a format, as they may go to another stream: `poollint.report.summary.summary`.

## The JSON report

Version 1. Keys are added without a new version, never renamed, removed or given another meaning.
Lines and columns count from 1, columns in characters; ends are exclusive. Paths are relative to
the working directory, with `/`. Numbers are integers, null where nothing bounds them.

```
{"version": 1,
 "findings": [{
    "rule", "category", "severity", "confidence", "message",
    "path", "line", "column", "end_line", "end_column",
    "scope",        enclosing function or section, "" for none
    "steps": [{"path", "line", "column", "label"}],        in the order of execution
    "ledger": null or {
        "demand": [ENTRY], "supply": [ENTRY],
        "demanded",     the most that may be asked for
        "supplied"},    the least there is
    "help", "fingerprint",
    "suppressed"    null, or the reason the comment gives, "" for none
 }],
 "coverage": {
    "files", "python_files", "candidates",
    "unread": [{"path", "reason"}],
    "assumed": [sentence],
    "uncounted": [sentence]},       what may open connections and is in no budget
 "budgets": [{
    "server",
    "scope",        the environment, "" where there is only one
    "alike": [scope],                   other environments that come to the same sum
    "demand": {"low", "high"}, "supply": {"low", "high"},
    "entries": [ENTRY and "side"],      "demand" or "supply", the demand first
    "missing": [sentence],              clients the sum leaves out
    "notes": [sentence],                what else is known of it, each with its source
    "scenarios": [{                     other sums than that of the steady state
        "name",     calm, rollout or ending
        "demand": {"low", "high"}, "entries": [ENTRY]}]         its demand
 }],
 "against": {                           only where it was asked for
    "revision",
    "compared",     how many budgets there are, or were
    "budgets": [{"server", "scope", "path", "line",
        "before": null or {"demand", "supply"}, "after": the same,
        "entries": [{"label", "before": null or {"low", "high"}, "after",
                     "figures": [{"name", "before": null or text, "after"}]}]}]}}

ENTRY   {"label", "factors": [FIGURE], "total"}        total: the product of the factors
FIGURE  {"name", "value", "path", "line", "basis"}
```

`severity` is error, warning or note; `confidence` high, medium or low; `category` leak, lifetime,
session, pool, budget, setting or poollint; `basis` stated, derived, defaulted, assumed or
unknown. The `value` of a figure is the one the verdict counts with: the highest of a demand, the
lowest of a supply. What is kept back counts as a negative supply. Of the scenarios, `calm` is
before any autoscaler starts more instances than it keeps, `rollout` while a new version of
everything is rolled out, `ending` while besides all that it replaces still ends. `path` and
`line` of a figure are null where no file states it. Findings are sorted by path, place and rule;
budgets by server and scope; `unread`, `assumed` and `uncounted` by their text.
"""
