// Writes JSON data as JSON5 text in the manner of the file that it goes into. With quoted keys and double quotes the
// text is plain JSON too.

export type Style = {
  readonly newline: '\n' | '\r\n';
  /** One step of indentation. */
  readonly unit: string;
  readonly quote: '"' | "'";
  readonly quotedKeys: boolean;
};

type At = Style & { readonly indent: string; readonly inline?: boolean };

/** Words that some readers of JSON5 do not take as a key without quotes. */
const reserved = new Set(['null', 'true', 'false', 'Infinity', 'NaN']);

/** `indent` is that of the line on which the value begins. Throws a TypeError for what JSON cannot hold. */
export function printValue(value: unknown, at: At): string {
  if (typeof value === 'string') return printString(value, at.quote);
  if (Array.isArray(value)) {
    const scalars = value.every((element) => typeof element !== 'object' || element === null);
    const elements = value.map((element) => printValue(element, { ...at, indent: at.indent + at.unit }));
    const oneLine = `[${elements.join(', ')}]`;
    if (at.inline === true || (scalars && oneLine.length <= 80)) return oneLine;
    return block('[', elements, ']', at);
  }
  if (typeof value === 'object' && value !== null) {
    const inner = { ...at, indent: at.indent + at.unit };
    const members = Object.entries(value)
      .filter(([, child]) => child !== undefined)
      .map(([key, child]) => `${printKey(key, at)}: ${printValue(child, inner)}`);
    if (members.length === 0) return '{}';
    return at.inline === true ? `{ ${members.join(', ')} }` : block('{', members, '}', at);
  }
  const isNumber = typeof value === 'number' && Number.isFinite(value);
  if (value === null || typeof value === 'boolean' || isNumber) return JSON.stringify(value);
  throw new TypeError(`A configuration cannot hold a ${typeof value} that is not JSON.`);
}

export function printKey(key: string, style: Style): string {
  const bare = /^[A-Za-z_$][\w$]*$/.test(key) && !reserved.has(key);
  return bare && !style.quotedKeys ? key : printString(key, style.quote);
}

function block(open: string, lines: readonly string[], close: string, at: At): string {
  const inner = at.indent + at.unit;
  const body = lines.map((line) => inner + line).join(`,${at.newline}`);
  return `${open}${at.newline}${body}${at.newline}${at.indent}${close}`;
}

function printString(text: string, quote: '"' | "'"): string {
  // The two line separators may stand in JSON5 strings, but not every reader agrees.
  const double = JSON.stringify(text).replace(/[\u2028\u2029]/g, (character) =>
    character === '\u2028' ? '\\u2028' : '\\u2029',
  );
  if (quote === '"') return double;
  const inner = double.slice(1, -1).replace(/\\.|'/g, (part) => {
    if (part === '\\"') return '"';
    return part === "'" ? "\\'" : part;
  });
  return `'${inner}'`;
}
