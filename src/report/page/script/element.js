// Elements. Texts become text nodes, whatever they hold.

const SVG = 'http://www.w3.org/2000/svg';
const HTML = 'http://www.w3.org/1999/xhtml';

function build(space, name, attributes, children) {
  const node = document.createElementNS(space, name);
  for (const key of Object.keys(attributes || {})) {
    const value = attributes[key];
    if (typeof value === 'function') {
      node.addEventListener(key, value);
    } else if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(key, value === true ? '' : String(value));
    }
  }
  for (const child of children) {
    if (child !== null && child !== undefined && child !== '') {
      node.append(child);
    }
  }
  return node;
}

/** An HTML element; an attribute that is a function listens to the event of that name. */
function el(name, attributes, ...children) {
  return build(HTML, name, attributes, children);
}

/** An SVG element. */
function draw(name, attributes, ...children) {
  return build(SVG, name, attributes, children);
}

function byId(id) {
  return document.getElementById(id);
}

/** A name, isolated, so that right-to-left letters move nothing beside it. */
function isolated(text) {
  return el('bdi', { class: 'name' }, text);
}

/** Our own sentence, its commands in code spans. */
function prose(text) {
  return text.split('`').map(function (part, i) { return i % 2 ? el('code', {}, part) : part; });
}

/** A verdict as mark and word. */
function badge(verdict) {
  return el('span', { class: 'badge ' + verdict },
    el('span', { class: 'mark', 'aria-hidden': 'true' }, MARKS[verdict]), el('span', { class: 'word' }, verdict));
}

/** A command or a stanza with a button that copies it. */
function copyable(text, what) {
  const code = el('code', {}, text);
  const button = el('button', { type: 'button', class: 'copy', 'aria-label': 'Copy ' + what, click: copy }, 'Copy');
  function copy() {
    const done = function (word) {
      button.textContent = word;
      setTimeout(function () { button.textContent = 'Copy'; }, 2000);
    };
    const range = document.createRange();
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    if (navigator.clipboard) {
      navigator.clipboard.writeText(text).then(function () { done('Copied'); }, function () { done('Selected'); });
    } else {
      done('Selected');
    }
  }
  return el('div', { class: 'copyable' }, el('pre', { tabindex: '0' }, code), button);
}
