// Certificates of an authority that is nobody's, for servers on loopback that stand in for hosts of the internet.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from './temp-folder.ts';

const lacksOpenssl = !['/usr/bin/openssl', '/bin/openssl', '/usr/local/bin/openssl'].some((path) =>
  existsSync(path),
);

/** True where a test that needs certificates is to be skipped: it needs the Debian package openssl. */
export const cannotCertify = lacksOpenssl && process.env['OPENCLAW_TEST_REQUIRE_SYSTEM'] !== '1';

/** One certificate for all of the hosts. `caFile`: for NODE_EXTRA_CA_CERTS. */
export function makeCertificates(hosts: readonly string[]): { caFile: string; cert: string; key: string } {
  const folder = tempFolder();
  const openssl = (words: string): void => {
    const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2';
    execFileSync('openssl', `req -x509 ${newKey} ${words}`.split(' '), { cwd: folder, stdio: 'pipe' });
  };
  openssl('-keyout ca.key -out ca.pem -subj /CN=Company');
  const names = `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}`;
  const signed = '-CA ca.pem -CAkey ca.key -addext basicConstraints=critical,CA:FALSE';
  openssl(`-keyout host.key -out host.pem -subj /CN=${hosts[0]} -addext ${names} ${signed}`);
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return { caFile: join(folder, 'ca.pem'), cert: read('host.pem'), key: read('host.key') };
}
