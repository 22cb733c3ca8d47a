// Looks for secrets in bytes: known values in the spellings in which programs hand things on, and every token that bears
// the mark of the simulator, the gateway or the unit tests. Where bytes come from, and what a find means, is for callers.

export type Finding = {
  /** Which secret it was, never its value. */
  readonly secret: string;
  readonly spelling: string;
  readonly offset: number;
};

export type Search = (bytes: Uint8Array) => Finding[];

/** A run of characters that no text has by chance. */
const tokenRest = '[A-Za-z0-9_-]{16}';

/**
 * Tokens that are recognised wherever they turn up. `rest`: what has to follow for it to be a token and not the source
 * code that makes one.
 */
const marks = [
  { secret: "a simulator's access token", mark: 'sim-at-', rest: `[gc]${tokenRest}` },
  { secret: "a simulator's refresh token", mark: 'sim-rt-', rest: `[gc]${tokenRest}` },
  { secret: 'a gateway token', mark: 'ocgw-', rest: tokenRest },
  { secret: "a unit test's secret", mark: 'canary7f3a', rest: '' },
] as const;

export type Mark = (typeof marks)[number]['mark'];

/** `except`: marks that may be there. */
export function createMarkSearch(except: readonly Mark[] = []): Search {
  const searched = marks.filter(({ mark }) => !except.includes(mark));
  const searches = searched.map(({ secret, mark, rest }) => ({
    secret,
    plain: new RegExp(`${mark}${rest}`, 'g'),
    plainMark: Buffer.from(mark),
    encoded: createSearch({ [secret]: mark }, { plain: false }),
  }));
  return (bytes) =>
    searches.flatMap(({ secret, plain, plainMark, encoded }) => {
      const found = encoded(bytes);
      const buffer = view(bytes);
      // A mark is rare: only where it stands is the text around it looked at.
      if (!buffer.includes(plainMark)) return found;
      const matches = [...buffer.toString('latin1').matchAll(plain)];
      return [...found, ...matches.map((match) => ({ secret, spelling: 'plain', offset: match.index }))];
    });
}

/** Finds each of the named values: as text or bytes, in hex, base64, base64url, percent-encoding, JSON and UTF-16. */
export function createSearch(
  secrets: Readonly<Record<string, string | Uint8Array>>,
  options: { plain?: boolean } = {},
): Search {
  const needles = Object.entries(secrets).flatMap(([secret, value]) =>
    spellingsOf(Buffer.from(value as Uint8Array)).map((needle) => ({ secret, ...needle })),
  );
  const wanted = needles.filter(({ spelling }) => options.plain !== false || spelling !== 'plain');
  return (bytes) => {
    const buffer = view(bytes);
    return wanted.flatMap(({ secret, spelling, bytes: needle }) => {
      const offset = buffer.indexOf(needle);
      return offset === -1 ? [] : [{ secret, spelling, offset }];
    });
  };
}

type Needle = { spelling: string; bytes: Buffer };

function spellingsOf(value: Buffer): Needle[] {
  if (value.length < 5) throw new RangeError('A value this short turns up by chance');
  const text = value.toString('latin1');
  const needle = (spelling: string, content: string): Needle => ({ spelling, bytes: Buffer.from(content) });
  const found: Needle[] = [
    { spelling: 'plain', bytes: value },
    { spelling: 'UTF-16', bytes: Buffer.from(text, 'utf16le') },
    needle('hex', value.toString('hex')),
    needle('hex', value.toString('hex').toUpperCase()),
    ...percentSpellings(value).map((content) => needle('percent-encoded', content)),
    ...[0, 1, 2].flatMap((offset) =>
      base64Spellings(value, offset).map((content) => needle('base64', content)),
    ),
  ];
  const json = JSON.stringify(text).slice(1, -1);
  if (json !== text) found.push(needle('JSON', json));
  return [...new Map(found.map((each) => [each.bytes.toString('latin1'), each])).values()];
}

function percentSpellings(value: Buffer): string[] {
  const every = [...value].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const usual = encodeURIComponent(value.toString('latin1'));
  const spellings = [every, every.toUpperCase()];
  return usual === value.toString('latin1') ? spellings : [...spellings, usual];
}

/** What stays the same in the base64 of anything that holds the value, `offset` bytes behind a multiple of three. */
function base64Spellings(value: Buffer, offset: number): string[] {
  const padded = Buffer.concat([Buffer.alloc(offset), value]);
  const firstWhole = Math.ceil((offset * 8) / 6);
  const lastWhole = Math.floor((padded.length * 8) / 6);
  return (['base64', 'base64url'] as const).map((alphabet) =>
    padded.toString(alphabet).slice(firstWhole, lastWhole),
  );
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
