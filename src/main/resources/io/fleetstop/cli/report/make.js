'use strict';
// How numbers, texts and elements are made; nothing here knows of a run.
const make = (() => {
  const byId = (id) => document.getElementById(id);
  const number = new Intl.NumberFormat('en-US');
  const count = (n) => number.format(n);
  const plural = (n, one) => count(n) + ' ' + one + (n === 1 ? '' : 's');
  const percent = (part, all) => {
    const share = all === 0 ? 0 : 100 * part / all;
    if (part > 0 && share < 0.1) return '<0.1%';
    return part < all && share >= 99.95 ? '>99.9%' : share.toFixed(1).replace(/\.0$/, '') + '%';
  };
  const rate = (r) => r >= 100 ? count(Math.round(r)) : r.toFixed(1).replace(/\.0$/, '');
  const title = (name) => name.charAt(0) + name.slice(1).toLowerCase().replaceAll('_', ' ');
  // A code may break after its dots, and nowhere else.
  const breakable = (code) => visible(code).split(/(?<=[.:/])/)
    .flatMap((part, i) => i === 0 ? [part] : [document.createElement('wbr'), part]);
  // A reader must not be deceived by what cannot be seen, or turns the direction of what can. Planes
  // 2 and 3 have ideographs only, of which this browser may not know the newest.
  const hidden =
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{DI}\u2800]|(?![\u{20000}-\u{2fffd}\u{30000}-\u{3fffd}])\p{Cn}/gu;
  const hex = (c) => c > 0xffff ? '{' + c.toString(16) + '}' : c.toString(16).padStart(4, '0');
  const visible = (text) => String(text).replace(hidden, (c) => '\\u' + hex(c.codePointAt(0)));

  function element(name, properties = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key in made && !key.includes('-')) made[key] = value;
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  function drawn(name, attributes, text) {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function time(millis) {
    const seconds = millis / 1000;
    if (seconds < 1) return Math.round(millis) + ' ms';
    if (seconds < 60) return seconds.toFixed(1).replace(/\.0$/, '') + ' s';
    const minutes = Math.floor(seconds / 60);
    return minutes < 60
      ? minutes + ' min ' + Math.floor(seconds % 60) + ' s'
      : Math.floor(minutes / 60) + ' h ' + minutes % 60 + ' min';
  }

  return {byId, count, plural, percent, rate, title, breakable, visible, element, drawn, time};
})();
