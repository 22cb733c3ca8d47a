// Answers of authorization servers that repeat secrets in every place that an answer has.

export type HostileAnswer = readonly [what: string, respond: () => Response | Promise<Response>];

/** `known`: secrets that the client has sent or holds. `fresh`: a token that the client has never seen. */
export function hostileAnswers(known: readonly string[], fresh: string): HostileAnswer[] {
  const said = [...known, fresh].join(' ');
  const [first = ''] = known;
  const json = (status: number, body: unknown, init: ResponseInit = {}): Response =>
    Response.json(body, { status, ...init });
  const text = (status: number, body: string, type = 'text/plain'): Response =>
    new Response(body, { status, headers: { 'content-type': type } });
  const granting = (more: Record<string, unknown>): Response =>
    json(200, { access_token: fresh, refresh_token: fresh, expires_in: 900, token_type: 'Bearer', ...more });
  const moved = (status: number, location: string): Response =>
    new Response(said, { status, headers: { location } });
  const breaking = (error: Error): Response =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from(`{"access_token":"${fresh}"`));
          controller.error(error);
        },
      }),
    );
  const failing = (): Error =>
    Object.assign(new TypeError(`fetch failed for ${said}`, { cause: new Error(`Bearer ${said}`) }), {
      headers: { authorization: `Bearer ${first}` },
      body: said,
    });

  return [
    ...['invalid_grant', 'invalid_client', 'access_denied', 'server_error'].map(
      (error) =>
        [
          `${error}, described`,
          () => json(400, { error, error_description: said, error_uri: `https://x/${said}` }),
        ] as const,
    ),
    [
      'a description with the secrets behind a long text',
      () => json(400, { error: 'x', error_description: `${'word '.repeat(36)}${said}` }),
    ],
    ['the secret as the error', () => json(400, { error: first })],
    ['a fresh token as the error', () => json(400, { error: fresh })],
    ['an error that is an object', () => json(400, { error: { message: said, type: said } })],
    [
      'a description in percent-encoding',
      () => json(400, { error: 'x', error_description: encodeAll(said) }),
    ],
    [
      'a description in base64',
      () =>
        json(400, {
          error: 'x',
          error_description: `got: ${Buffer.from(`{"t":"${first}"}`).toString('base64')}`,
        }),
    ],
    [
      'a description in base64url',
      () => json(400, { error: 'x', error_description: Buffer.from(first).toString('base64url') }),
    ],
    [
      'a description in hex',
      () => json(400, { error: 'x', error_description: Buffer.from(first).toString('hex') }),
    ],
    [
      'a description in JSON',
      () => json(400, { error: 'x', error_description: JSON.stringify(JSON.stringify({ first })) }),
    ],
    [
      'a secret broken by control characters',
      () => json(400, { error: 'x', error_description: `${first.slice(0, 20)}\u0000${first.slice(20)}` }),
    ],
    ...[40001, 40004, 1004, 2049, 1000, 1039].map(
      (code) =>
        [
          `base_resp ${code}`,
          () => json(200, { base_resp: { status_code: code, status_msg: said } }),
        ] as const,
    ),
    ['HTTP 500, plain', () => text(500, said)],
    ['HTTP 502, a page', () => text(502, `<title>${said}</title>`, 'text/html')],
    ['HTTP 401, in JSON', () => json(401, { error: { message: `Bearer ${said}` } })],
    ['HTTP 200, a page', () => text(200, `<a href="?token=${said}">`, 'text/html')],
    ['HTTP 200, plain', () => text(200, said)],
    ['HTTP 200, JSON cut short', () => text(200, `{"access_token":"${fresh}","refresh_tok`)],
    ['HTTP 200, a JSON string', () => json(200, said)],
    ['HTTP 200, a list', () => json(200, [said, { access_token: fresh }])],
    ['HTTP 200, unknown members', () => json(200, { tokens: [said], status: said })],
    ['a grant with status failed', () => granting({ status: 'failed' })],
    ['a grant with HTTP 400', () => json(400, { access_token: fresh, refresh_token: fresh })],
    ['a grant whose token is an object', () => granting({ access_token: { value: fresh } })],
    ['a grant whose token is a list', () => granting({ access_token: [fresh] })],
    ['a grant whose token has a line break', () => granting({ access_token: `${fresh}\n${first}` })],
    ['a grant whose token is not ASCII', () => granting({ refresh_token: `${fresh}é` })],
    ['a grant whose token is huge', () => granting({ access_token: fresh.repeat(400) })],
    ['a grant whose lifetime is a token', () => granting({ access_token: '', expires_in: fresh })],
    ['a grant whose scope is a token', () => granting({ access_token: 5, scope: fresh })],
    ['a grant of another type', () => granting({ access_token: null, token_type: said })],
    ...[301, 302, 303, 307, 308].map(
      (status) =>
        [
          `HTTP ${status}, secrets in the query`,
          () => moved(status, `https://other.example/?t=${encodeURIComponent(said)}#${first}`),
        ] as const,
    ),
    ['HTTP 307, a secret as the host', () => moved(307, `https://${first.replaceAll('_', '-')}.example/`)],
    ['HTTP 307, a secret as the user', () => moved(307, `https://${first}:${first}@other.example/`)],
    ['HTTP 307, a secret as no address', () => moved(307, `http://[${first}`)],
    [
      'secrets in headers',
      () =>
        json(
          400,
          { error: 'x' },
          {
            headers: {
              'www-authenticate': `Bearer ${said}`,
              'retry-after': first,
              date: first,
              'set-cookie': first,
            },
          },
        ),
    ],
    ['a secret as the status text', () => json(400, { error: 'x' }, { statusText: first })],
    ['a request that fails', () => Promise.reject(failing())],
    [
      'a request that fails with a code',
      () => Promise.reject(Object.assign(failing(), { code: 'ECONNRESET' })),
    ],
    ['a request that throws text', () => Promise.reject<Response>(said)],
    ['a body that breaks off', () => breaking(failing())],
    ['a body that is too large', () => text(200, `{"x":"${said.repeat(600)}"}`)],
  ];
}

function encodeAll(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}
