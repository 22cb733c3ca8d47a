// The page's script, as the text that its hash is made of: shows the events of the login, counts down, copies the code.
// It builds no HTML from text, and asks nothing but the page's own event stream. Every sentence comes from the server.

export const loginPageScript = `
'use strict';
(() => {
  const main = document.querySelector('main');
  const find = (name) => document.querySelector('[data-part="' + name + '"]');
  const put = (name, text) => {
    const part = find(name);
    if (part && part.textContent !== text) part.textContent = text;
  };

  if (!main.dataset.events) {
    if (location.search) history.replaceState(null, '', location.pathname);
    return;
  }

  let endsAt = performance.now() + Number(main.dataset.remaining);
  let retryAt = performance.now() + Number(main.dataset.retry);
  let isOver = false;

  const clock = (ms) => {
    const seconds = Math.ceil(Math.max(0, ms) / 1000);
    const pad = (number) => String(number).padStart(2, '0');
    const minutes = Math.floor(seconds / 60);
    return minutes < 60
      ? minutes + ':' + pad(seconds % 60)
      : Math.floor(minutes / 60) + ':' + pad(minutes % 60) + ':' + pad(seconds % 60);
  };
  const tick = () => {
    const left = Math.max(0, endsAt - performance.now());
    const retry = retryAt - performance.now();
    put('time', main.dataset.timeText.replace('{time}', () => clock(left)));
    put('retry', retry > 0 ? main.dataset.retryText.replace('{time}', () => clock(retry)) : '');
    const bar = find('bar');
    if (bar) bar.value = left;
  };
  const ticker = setInterval(tick, 250);

  const appendPieces = (element, pieces) => {
    for (const piece of pieces) {
      if (typeof piece === 'string') element.append(piece);
      else {
        const code = document.createElement('code');
        code.translate = false;
        code.textContent = piece.code;
        element.append(code);
      }
    }
    element.hidden = pieces.length === 0;
  };
  const show = (state) => {
    if (isOver) return;
    document.title = state.documentTitle;
    main.dataset.kind = state.kind;
    if (!state.end) {
      endsAt = performance.now() + state.remainingMs;
      retryAt = performance.now() + state.retryInMs;
      put('status', state.status);
      tick();
      return;
    }
    isOver = true;
    clearInterval(ticker);
    source.close();
    const { end } = state;
    put('end-title', end.title);
    appendPieces(find('end-text'), end.text);
    appendPieces(find('end-message'), end.message ? [end.message] : []);
    appendPieces(find('end-remedy'), end.remedy || []);
    appendPieces(find('end-command'), end.command ? [{ code: end.command }] : []);
    find('pending').hidden = true;
    find('end').hidden = false;
    find('end-title').focus();
  };

  let source;
  let misses = 0;
  const listen = () => {
    source = new EventSource(main.dataset.events);
    source.onmessage = (event) => {
      misses = 0;
      show(JSON.parse(event.data));
    };
    source.onerror = () => {
      source.close();
      misses += 1;
      if (misses > 1) show(JSON.parse(main.dataset.lost));
      else setTimeout(listen, 400);
    };
  };
  listen();
  addEventListener('pageshow', (event) => {
    if (event.persisted && !isOver) location.reload();
  });

  const copy = find('copy');
  if (!copy) return;
  copy.hidden = false;
  const code = find('code');
  let resting;
  const copied = () => {
    put('copy-label', copy.dataset.copied);
    put('copy-said', copy.dataset.copied);
    copy.dataset.done = '';
    find('copy-failed').hidden = true;
    clearTimeout(resting);
    resting = setTimeout(() => {
      put('copy-label', copy.dataset.label);
      put('copy-said', '');
      delete copy.dataset.done;
    }, 3000);
  };
  const copyBySelection = () => {
    getSelection().selectAllChildren(code);
    if (document.execCommand('copy')) return copied();
    find('copy-failed').hidden = false;
    put('copy-said', find('copy-failed').textContent);
  };
  copy.addEventListener('click', () => {
    if (!navigator.clipboard) return copyBySelection();
    navigator.clipboard.writeText(code.textContent).then(copied, copyBySelection);
  });
})();
`;
