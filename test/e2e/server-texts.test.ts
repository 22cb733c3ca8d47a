// Every text of a server on its way to a terminal or to JSON: control characters, escapes, bidirectional overrides and line
// breaks are gone, and its length is bounded, wherever the server has put it.
import { describe, expect, it } from 'vitest';
import { createHome, onboardArgs } from '../support/cli-process.ts';
import { sendJson, startServer, type SeenRequest } from '../support/loopback-server.ts';

/** CSI, OSC with a bell, C1, bidi, zero width, line breaks, and far too long. */
const hostile = `Ok\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egnol\u2066\u200b\r\nSaved. \u2028\u0000${'long '.repeat(400)}END`;

/* oxlint-disable no-control-regex -- what must not be there */
const unshowable = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f]/g;
/* oxlint-enable no-control-regex */

type Told = Record<string, unknown>;
type Place = readonly [what: string, code: number, device: Told, token: [status: number, body: Told]];

const granted: Told = { access_token: 'at', refresh_token: 'rt', expires_in: 900 };
const places: readonly Place[] = [
  ['the code and its address', 0, { user_code: hostile, verification_uri: hostile }, [200, granted]],
  [
    'an address that is one',
    0,
    { verification_uri: `https://evil.example/${hostile}?${hostile}#${hostile}` },
    [200, granted],
  ],
  [
    'notices of a grant',
    0,
    {},
    [200, { ...granted, notification_message: hostile, resource_url: hostile, scope: hostile }],
  ],
  ['an error at the start', 1, { error: hostile, error_description: hostile }, [200, granted]],
  ['base_resp at the start', 1, { base_resp: { status_code: 2013, status_msg: hostile } }, [200, granted]],
  ['an error while polling', 1, {}, [400, { error: hostile, error_description: hostile }]],
  ['base_resp while polling', 1, {}, [200, { base_resp: { status_code: 40_001, status_msg: hostile } }]],
];

async function logInAt([, , device, [status, body]]: Place, json: boolean) {
  const answer = (request: SeenRequest, response: Parameters<typeof sendJson>[0]): void => {
    const form = new URLSearchParams(request.body);
    if (request.url.includes('remains')) {
      sendJson(response, 200, { base_resp: { status_code: 0 } });
    } else if (request.url.includes('/code')) {
      const offer = {
        user_code: 'AB-CD',
        verification_uri: 'https://platform.minimax.io/x',
        expires_in: 300,
      };
      sendJson(response, 200, { ...offer, interval: 2_000, state: form.get('state'), ...device });
    } else sendJson(response, status, body);
  };
  const portal = await startServer(answer);
  const home = createHome();
  const regions = { global: { accountUrl: portal.url, apiUrl: portal.url } };
  home.writeConfig({
    plugins: { entries: { 'minimax-portal-auth': { config: { allowLoopbackHttp: true, regions } } } },
  });
  const login = await home.run([...onboardArgs, ...(json ? ['--json'] : [])]);
  const status_ = await home.run(['auth', 'status']);
  await portal.close();
  return { code: login.code, printed: `${login.stdout}${login.stderr}${status_.stdout}${status_.stderr}` };
}

describe('T1: what a server says', () => {
  it.each(places)('T1: %s', async (...place) => {
    const [, wanted] = place;
    for (const json of wanted === 0 ? [false, true] : [false]) {
      const { code, printed } = await logInAt(place, json);
      const found = printed.match(unshowable);
      expect(found ?? []).toEqual([]);
      // In JSON too it is clean: whoever prints it does not have to know.
      expect(printed).not.toMatch(/\\u00(?:[01]|[89])|\\u20[26]|\\r|\\b/i);
      expect(printed).not.toMatch(/^\s*Saved\. {2}/m);
      expect(printed).not.toContain('END');
      for (const line of printed.split('\n')) expect(line.length).toBeLessThan(2_500);
      expect(code).toBe(wanted);
    }
  });
});
