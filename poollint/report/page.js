// The sum follows the inputs. The arithmetic is that of `poollint.model.figure`, in whole numbers.
"use strict";

// A number, or null where nothing bounds it; undefined where the input holds no number.
const read = (input) => {
  const text = input.value.trim();
  if (text === "") return input.dataset.bound === "high" ? null : undefined;
  return /^[0-9]{1,30}$/.test(text) ? BigInt(text) : undefined;
};

const figure = (id) => {
  const found = { low: 0n, high: 0n };
  for (const input of document.querySelectorAll(`input[data-figure="${id}"]`)) {
    const value = read(input);
    if (value === undefined) continue;
    const bound = input.dataset.bound;
    if (bound !== "high") found.low = value;
    if (bound !== "low") found.high = value;
  }
  return found;
};

const product = (row) => {
  const factors = row.dataset.factors.split(" ").filter(Boolean).map(figure);
  const low = factors.reduce((whole, each) => whole * each.low, 1n);
  const highs = factors.map((each) => each.high);
  let high = null;
  if (highs.some((each) => each === 0n)) high = 0n;
  else if (!highs.includes(null)) high = highs.reduce((whole, each) => whole * each, 1n);
  return row.dataset.kept ? { low: -high, high: -low } : { low, high };
};

const add = (one, other) => ({
  low: one.low + other.low,
  high: one.high === null || other.high === null ? null : one.high + other.high,
});

const amount = ({ low, high }) => {
  if (high === null) return `${low} or more`;
  return low === high ? `${low}` : `${low} to ${high}`;
};

// Whether a number of a sum still stands in for one that is not known: who types one knows it.
const guessed = (section, side) =>
  [...section.querySelectorAll(`tr[data-side="${side}"]`)].some((row) =>
    row.dataset.factors.split(" ").filter(Boolean).some((id) => {
      const inputs = [...document.querySelectorAll(`input[data-figure="${id}"][data-guess]`)];
      return inputs.length > 0 && inputs.every((input) => input.value === input.defaultValue);
    }));

const asked = (demand, guess) =>
  demand.high && guess ? `${amount(demand)} or more` : amount(demand);

const signed = (total) =>
  total.high !== null && total.high < 0n
    ? `-${amount({ low: -total.high, high: -total.low })}`
    : amount(total);

const verdict = (demand, supply, guess) => {
  if (demand.high === null) return "nothing bounds the demand";
  const balance = supply.low - demand.high;
  if (balance > 0n) return `${balance} left${guess && demand.high ? ", or fewer" : ""}`;
  if (balance === 0n) return "none left";
  if (supply.high === null || demand.low <= supply.high) return `${-balance} too few at worst`;
  return `${amount({ low: demand.low - supply.high, high: -balance })} too few`;
};

const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

const show = (selector, text) => each(selector, (place) => { place.textContent = text; });

// The number of the steady state's sum: the picture knows no other.
const steady = (section) => section.dataset.steady ?? section.dataset.budget;

// What is told of a sum, in its section and, where that is shown, in the picture.
const tell = (section, name, rest, text) => {
  show(`section [data-${name}="${section.dataset.budget}${rest}"]`, text);
  if (!section.hidden) show(`svg [data-${name}="${steady(section)}${rest}"]`, text);
};

const sum = (section, side) => {
  let whole = { low: 0n, high: 0n };
  for (const row of section.querySelectorAll(`tr[data-side="${side}"]`)) {
    const total = product(row);
    tell(section, "total", row.dataset.entry.replace(/^[0-9]+/, ""), signed(total));
    whole = add(whole, total);
  }
  const guess = side === "demand" && guessed(section, side);
  tell(section, side, "", guess ? asked(whole, true) : signed(whole));
  return whole;
};

const recount = () => {
  each("input[data-bound=low], input[data-bound=both]", (input) => {
    const id = input.dataset.figure;
    show(`[data-number="${id}"]`, amount(figure(id)));
  });
  each("section[data-budget]", (section) => {
    const demand = sum(section, "demand");
    const supply = sum(section, "supply");
    const summed = section.dataset.summed !== undefined;
    const some = section.querySelector('tr[data-side="demand"]') !== null;
    const over = summed && some && (demand.high === null || demand.high > supply.low);
    const guess = guessed(section, "demand");
    const given = amount(supply) + (guessed(section, "supply") ? " (a stand-in)" : "");
    tell(section, "verdict", "", summed ? verdict(demand, supply, guess) : "");
    tell(section, "fits", "", !some ? `nothing counted, ${amount(supply)} available`
      : summed ? `${asked(demand, guess)} of ${given}` : asked(demand, guess));
    const color = (place) => {
      place.classList.toggle("over", over);
      place.classList.toggle("fits", !over);
    };
    color(section);
    if (!section.hidden) each(`svg [data-state="${steady(section)}"]`, color);
  });
};

const links = [...document.querySelectorAll('svg a[href^="#"]')].map((link) => {
  const [, kind, id, rest] = link.getAttribute("href").match(/^#([be])([0-9]+)(.*)$/);
  return { link, kind, id, rest };
});

// A sum that is the same in the chosen scenario stays that of the steady state.
const choose = (when) => {
  const shown = new Map();
  each("section[data-budget]", (section) => {
    if (!section.dataset.when || section.dataset.when === when) shown.set(steady(section), section);
  });
  each("section[data-budget]", (section) => {
    section.hidden = shown.get(steady(section)) !== section;
  });
  // The numbers in the picture's products are the steady ones; what they come to follows.
  each("svg [data-steady]", (place) => {
    place.classList.toggle("off", Boolean(shown.get(place.dataset.steady).dataset.when));
  });
  for (const { link, kind, id, rest } of links) {
    link.setAttribute("href", `#${kind}${shown.get(id).dataset.budget}${rest}`);
  }
  recount();
};

// The same number stands wherever it counts: one input changes all of them.
const follow = (input) => {
  const wrong = read(input) === undefined ? "a whole number" : "";
  input.setCustomValidity(wrong);
  const { figure: id, bound } = input.dataset;
  for (const other of document.querySelectorAll(`input[data-figure="${id}"]`)) {
    if (other.dataset.bound === bound && other !== input) other.value = input.value;
  }
  for (const other of document.querySelectorAll(`input[data-figure="${id}"]`)) {
    other.classList.toggle("changed", other.value !== other.defaultValue);
  }
  if (!wrong) recount();
};

document.addEventListener("input", ({ target }) => {
  if (target.id === "scenario") choose(target.value);
  else follow(target);
});
document.getElementById("reset").addEventListener("click", () => {
  for (const input of document.querySelectorAll("input")) {
    input.value = input.defaultValue;
    input.setCustomValidity("");
    input.classList.remove("changed");
  }
  recount();
});
recount();
