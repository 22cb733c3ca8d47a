// The authorization server of the peers: takes one code, refuses every other, answers a second late, and counts. It is
// reached as plain HTTP, and as any https host by way of its CONNECT proxy, with a certificate of its own making.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { exchangeDelayMs, markup } from './subject.ts';

export type StubAuthority = {
  /** `http://127.0.0.1:4711`: token endpoint and CONNECT proxy. */
  readonly url: string;
  /** PEM file of the authority that signed its certificate. */
  readonly certificateFile: string;
  readonly goodCode: string;
  tokenRequests(): number;
  close(): Promise<void>;
};

export type StubAuthorityOptions = {
  folder: string;
  /** Names in the certificate. */
  hosts: readonly string[];
  /** Body of the answer to the good code. */
  grant: () => Record<string, unknown>;
};

export async function startStubAuthority(options: StubAuthorityOptions): Promise<StubAuthority> {
  const goodCode = 'the-good-code';
  const { certificateFile, keyFile } = makeCertificate(options);
  let tokenRequests = 0;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const form = new URLSearchParams(body);
      const isRedemption = form.get('grant_type') === 'authorization_code';
      if (isRedemption) tokenRequests += 1;
      const isGood = isRedemption ? form.get('code') === goodCode : form.has('grant_type');
      setTimeout(() => {
        response.writeHead(isGood ? 200 : 400, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify(
            isGood
              ? options.grant()
              : { error: 'invalid_grant', error_description: `${markup} no such code` },
          ),
        );
      }, exchangeDelayMs);
    });
  };
  const tls = createTlsServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, answer);
  const tlsPort = await listen(tls);
  const plain = createServer(answer);
  plain.on('connect', (_request, client, head) => {
    const upstream = connect(tlsPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  const port = await listen(plain);
  return {
    url: `http://127.0.0.1:${port}`,
    certificateFile: join(options.folder, 'authority.pem'),
    goodCode,
    tokenRequests: () => tokenRequests,
    async close() {
      await Promise.all([plain, tls].map(close));
    },
  };
}

/** A JWT that nobody signed. */
export function unsignedToken(claims: Record<string, unknown>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.${Buffer.from('none').toString('base64url')}`;
}

/** An authority and a certificate that it signed: some clients refuse a server that is its own authority. */
function makeCertificate(options: StubAuthorityOptions): { certificateFile: string; keyFile: string } {
  const file = (name: string): string => join(options.folder, name);
  const configFile = file('certificate.cnf');
  const names = options.hosts.map((host) => `DNS:${host}`).join(',');
  writeFileSync(
    configFile,
    `[req]\ndistinguished_name=name\nprompt=no\n[name]\nCN=loopback comparison\n
[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n
[leaf]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=${names}\nextendedKeyUsage=serverAuth\n`,
  );
  const make = (extensions: string, name: string, signedBy: readonly string[]): void => {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const from = ['-config', configFile, '-extensions', extensions, '-days', '2'];
    const to = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)];
    execFileSync('openssl', ['req', '-x509', ...curve, ...from, ...to, ...signedBy], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 10_000,
    });
  };
  make('ca', 'authority', []);
  make('leaf', 'server', ['-CA', file('authority.pem'), '-CAkey', file('authority.key')]);
  return { certificateFile: file('server.pem'), keyFile: file('server.key') };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
