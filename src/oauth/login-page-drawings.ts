// The few drawings of the login page, as inline SVG: nothing is fetched, and they take the colour of the text.
import { trustedHtml } from './login-page-html.ts';
import type { Html } from './login-page-html.ts';

const drawing = (attributes: string, shapes: string): Html =>
  trustedHtml(
    `<svg ${attributes} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" ` +
      `stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${shapes}</svg>`,
  );

export const clawMark = trustedHtml(
  '<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false"><rect width="32" height="32" rx="9" fill="currentColor"/>' +
    '<g class="claws" fill="none" stroke-width="3" stroke-linecap="round"><path d="M9.5 8.5c-1 5.5 0 10.5 3 15"/>' +
    '<path d="M16 7.500c-1 6 0 11.5 3 16.5"/><path d="M22.5 8.500c-1 4.5-.5 8.5 2 12"/></g></svg>',
);

export const outwardSign = drawing('class="outward"', '<path d="M8 16 17 7M9 7h8v8"/>');

export const shieldSign = drawing(
  'class="shield"',
  '<path d="M12 3 5 6v5c0 5 3 8.5 7 10 4-1.5 7-5 7-10V6z"/><path d="M12 8v4.500M12 16h.01"/>',
);

export const copySign = drawing(
  'class="idle"',
  '<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M15 5H6a2 2 0 0 0-2 2v9"/>',
);

export const copiedSign = drawing('class="done"', '<path d="m5 12.5 4.5 4.500L19 7.5"/>');

/** All of them at once; the style shows the one of `data-kind`. */
export const endSign = drawing(
  'class="end-sign"',
  '<circle cx="12" cy="12" r="11" fill="currentColor" fill-opacity=".13" stroke="none"/>' +
    '<g class="sign-saved"><path d="m7.5 12.5 3 3 6-6.5"/></g>' +
    '<g class="sign-denied"><path d="m8.5 8.5 7 7m0-7-7 7"/></g>' +
    '<g class="sign-failed"><path d="M12 7v6M12 16.500h.01"/></g>' +
    '<g class="sign-expired" stroke-width="1.7"><path d="M12 9v3.200l2 1.5"/><circle cx="12" cy="12" r="6"/></g>' +
    '<g class="sign-cancelled"><rect x="9" y="9" width="6" height="6" rx=".5" fill="currentColor"/></g>',
);
