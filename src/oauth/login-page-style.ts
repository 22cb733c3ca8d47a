// How the login page looks: system fonts, light and dark, from 320 px on. The text that its hash is made of.

export const loginPageStyle = `
:root {
  color-scheme: light dark;
  --ground: #f5f3ef; --sheet: #fff; --well: #f7f5f1; --line: #e3dfd7; --edge: #8a847a;
  --ink: #1d1b18; --soft: #5f5a52; --accent: #b93a26; --accent-strong: #9c2f1e; --on-accent: #fff;
  --good: #12703a; --warn: #8f4a00; --bad: #b3261e; --busy: #1f55b5;
  --shade: 0 1px 2px rgb(40 30 20 / .05), 0 12px 40px -12px rgb(40 30 20 / .14);
  --mono: ui-monospace, 'SF Mono', SFMono-Regular, 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131211; --sheet: #1e1c1a; --well: #272522; --line: #38342f; --edge: #8d867b;
    --ink: #f3f0ea; --soft: #b3aca1; --accent: #f5917d; --accent-strong: #ffab9a; --on-accent: #330f09;
    --good: #6fdc98; --warn: #f5b95f; --bad: #ff9a92; --busy: #9cc0ff;
    --shade: 0 1px 2px rgb(0 0 0 / .3), 0 16px 48px -16px rgb(0 0 0 / .6);
  }
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; padding: clamp(1rem, 3.5vh, 3rem) 1rem;
  display: flex; flex-direction: column; align-items: center; justify-content: safe center; gap: 1.25rem;
  background: var(--ground); color: var(--ink);
  font: 400 1rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
  overflow-wrap: break-word; -webkit-font-smoothing: antialiased;
}
:lang(zh), :lang(ja), :lang(ko) { line-height: 1.7; }
:lang(ja) p, :lang(zh) p { line-break: strict; }
:lang(ja) { word-break: auto-phrase; }
:lang(ko) { word-break: keep-all; }
[lang=en] { word-break: normal; line-height: 1.55; }
header { display: flex; align-items: center; gap: .6rem; font-weight: 650; letter-spacing: -.01em; }
header svg { width: 1.75rem; height: 1.75rem; color: var(--accent); }
.claws { stroke: var(--on-accent); }
main {
  width: 100%; max-width: 29rem; padding: clamp(1.25rem, 5.5vw, 2.25rem);
  background: var(--sheet); border: 1px solid var(--line); border-radius: 1.25rem; box-shadow: var(--shade);
}
h1 {
  margin: 0; font-size: clamp(1.4rem, 1.1rem + 1.6vw, 1.75rem); line-height: 1.25; font-weight: 680;
  letter-spacing: -.02em; text-wrap: balance;
}
:lang(zh) h1, :lang(ja) h1, :lang(ko) h1 { letter-spacing: 0; line-height: 1.35; }
h1:focus { outline: none; }
p { margin: 0; }
.lead { margin-top: .5rem; color: var(--soft); text-wrap: balance; }
.place { margin-top: .25rem; color: var(--soft); font-size: .875rem; }
.place bdi + bdi::before { content: '\\00b7'; padding: 0 .45em; }
.code-card {
  margin-top: 1.25rem; padding: 1.1rem 1rem 1rem; text-align: center;
  background: var(--well); border: 1px solid var(--line); border-radius: .9rem;
}
.label { color: var(--soft); font-size: .8125rem; font-weight: 550; }
.user-code {
  display: block; margin: .15rem 0 .6rem; font: 600 clamp(1.75rem, 1.2rem + 3.6vw, 2.5rem)/1.25 var(--mono);
  letter-spacing: .04em; white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; -webkit-user-select: all;
}
.user-code[data-long] { font-size: 1.125rem; letter-spacing: 0; }
.button {
  display: inline-flex; align-items: center; justify-content: center; gap: .5rem; min-height: 2.75rem;
  padding: .55rem 1.1rem; border: 1px solid transparent; border-radius: .7rem; cursor: pointer;
  font: inherit; font-weight: 600; line-height: 1.3; text-align: center; text-decoration: none;
  transition: background-color .15s, border-color .15s;
}
.button svg { flex: none; width: 1.05em; height: 1.05em; }
.quiet { background: var(--sheet); color: var(--ink); border-color: var(--edge); font-size: .9375rem; }
.quiet:hover { border-color: var(--ink); }
.quiet[data-done] { color: var(--good); border-color: var(--good); }
.quiet .done, .quiet[data-done] .idle { display: none; }
.quiet[data-done] .done { display: block; }
.primary { width: 100%; margin-top: 1.25rem; min-height: 3.1rem; background: var(--accent); color: var(--on-accent); }
.primary span { min-width: 0; overflow-wrap: anywhere; }
.primary:hover { background: var(--accent-strong); }
.button:focus-visible, a:focus-visible { outline: 3px solid var(--busy); outline-offset: 2px; }
.note { margin-top: .6rem; color: var(--soft); font-size: .875rem; text-align: center; text-wrap: balance; }
.address {
  margin-top: .35rem; font: .8125rem/1.5 var(--mono); color: var(--soft); text-align: center; overflow-wrap: anywhere;
}
.untrusted { margin-top: 1.25rem; padding: .9rem 1rem; border: 1px solid var(--warn); border-radius: .7rem; }
.untrusted p { color: var(--warn); font-weight: 550; font-size: .9375rem; }
.untrusted .address { color: var(--ink); font-weight: 400; text-align: start; user-select: all; -webkit-user-select: all; }
.copy-failed { margin-top: .6rem; color: var(--warn); font-size: .875rem; }
.live { margin-top: 1.25rem; padding-top: 1.1rem; border-top: 1px solid var(--line); }
.state { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: .15rem .7rem; align-items: baseline; font-size: .9375rem; }
.dot {
  width: .65rem; height: .65rem; border-radius: 50%; border: .325rem solid var(--good);
  animation: breathe 2.4s ease-in-out infinite; align-self: start; margin-top: .5em;
}
.state p { min-width: 0; overflow-wrap: anywhere; }
.time, .retry { color: var(--soft); font-size: .875rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.retry { grid-column: 2; white-space: normal; }
.retry:empty { display: none; }
[data-kind=slowed] .dot { border-color: var(--warn); animation-duration: 4.8s; }
[data-kind=trouble] .dot { border-color: var(--warn); border-radius: 2px; rotate: 45deg; animation: none; }
[data-kind=checking] .dot {
  width: .9rem; height: .9rem; border: 2px solid var(--busy); border-inline-end-color: transparent;
  animation: turn .8s linear infinite; margin-top: .35em;
}
[data-kind=checking] :is(.time, progress, .lead, .way, .guard) { display: none; }
progress {
  appearance: none; -webkit-appearance: none; display: block; width: 100%; height: .25rem; margin-top: .8rem;
  border: 0; border-radius: 1rem; overflow: hidden; background: var(--line); color: var(--good);
}
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--good); border-radius: 1rem; }
progress::-moz-progress-bar { background: var(--good); border-radius: 1rem; }
[data-kind=slowed] progress::-webkit-progress-value, [data-kind=trouble] progress::-webkit-progress-value { background: var(--warn); }
[data-kind=slowed] progress::-moz-progress-bar, [data-kind=trouble] progress::-moz-progress-bar { background: var(--warn); }
.guard { display: flex; gap: .65rem; margin-top: 1.1rem; color: var(--soft); font-size: .8125rem; line-height: 1.5; }
.guard span { text-wrap: pretty; }
.guard svg { flex: none; width: 1.15rem; height: 1.15rem; margin-top: .1rem; }
.end { text-align: center; }
.end-sign { width: 3.5rem; height: 3.5rem; margin: 0 auto 1rem; display: block; color: var(--warn); }
.end-sign g { display: none; }
[data-kind=saved] .end-sign { color: var(--good); }
:is([data-kind=denied], [data-kind=failed]) .end-sign { color: var(--bad); }
[data-kind=cancelled] .end-sign { color: var(--soft); }
[data-kind=saved] .sign-saved, [data-kind=denied] .sign-denied, [data-kind=failed] .sign-failed,
[data-kind=lost] .sign-failed, [data-kind=expired] .sign-expired, [data-kind=cancelled] .sign-cancelled { display: inline; }
.end-text { margin-top: .6rem; color: var(--soft); text-wrap: balance; }
.end-message, .end-remedy { margin-top: 1rem; text-align: start; overflow-wrap: anywhere; }
.end-message { padding: .8rem 1rem; border-inline-start: 3px solid var(--bad); background: var(--well); border-radius: .3rem .7rem .7rem .3rem; }
.end-remedy { padding: 0 1rem; }
code { -webkit-box-decoration-break: clone; box-decoration-break: clone; font-family: var(--mono); font-size: .9em; overflow-wrap: anywhere; color: var(--ink); }
.end-text code, .end-remedy code { padding: .1em .35em; background: var(--well); border: 1px solid var(--line); border-radius: .35rem; }
.end-command { margin-top: 1.1rem; }
.end-command code {
  display: block; padding: .75rem 1rem; background: var(--well); border: 1px solid var(--line); border-radius: .7rem;
  font-size: .9375rem; user-select: all; -webkit-user-select: all;
}
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@keyframes breathe { 50% { opacity: .35; } }
@keyframes turn { to { rotate: 360deg; } }
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none !important; } }
@media (forced-colors: active) {
  .primary { border-color: LinkText; }
  progress { border: 1px solid CanvasText; height: .5rem; }
  progress::-webkit-progress-value { forced-color-adjust: none; background: Highlight; }
  .dot { border-color: Highlight; }
}
@media (max-width: 26rem) {
  body { padding-inline: .75rem; justify-content: flex-start; }
  .state { grid-template-columns: auto minmax(0, 1fr); }
  .time { grid-column: 2; }
}
@media print {
  :root { --ground: #fff; --sheet: #fff; --well: #fff; --ink: #000; --soft: #333; --shade: none; }
  body { min-height: 0; padding: 0; }
  .quiet, .live { display: none; }
  .primary { border-color: #000; background: none; color: #000; }
}
`;
