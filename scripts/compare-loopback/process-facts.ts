// What Linux tells of a process: the addresses it listens at and the CPU time it has used. Read from /proc, in the
// network namespace of the reader.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** `127.0.0.1:1455`, `[::1]:1455`, sorted. */
export function listeningAddresses(pid: number): string[] {
  const inodes = new Set<string>();
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(linkTarget(`/proc/${pid}/fd/${descriptor}`))?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  const addresses = ['tcp', 'tcp6'].flatMap((table) => readListeners(table, inodes));
  return addresses.sort();
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed since the folder was listed.
    return '';
  }
}

const listenState = '0A';

function readListeners(table: 'tcp' | 'tcp6' | (string & {}), inodes: ReadonlySet<string>): string[] {
  const rows = readFileSync(`/proc/self/net/${table}`, 'utf8').trim().split('\n').slice(1);
  return rows.flatMap((row) => {
    const columns = row.trim().split(/\s+/);
    const [address = '', port = ''] = (columns[1] ?? '').split(':');
    if (columns[3] !== listenState || !inodes.has(columns[9] ?? '')) return [];
    return [`${readAddress(address)}:${Number.parseInt(port, 16)}`];
  });
}

/** The kernel prints 32-bit words in the byte order of the machine, here little-endian. */
export function readAddress(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex')].toReversed());
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname;
}

const clockTicksPerSecond = 100;

/** User and system time of the whole process so far, milliseconds. */
export function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / clockTicksPerSecond;
}
