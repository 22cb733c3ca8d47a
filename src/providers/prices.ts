// What a usage costs: the catalogue's prices, and over them a person's own in `<state dir>/models.json`. All sums are of
// whole nano-dollars, so that they do not drift. What is wrong in that file is a warning with its place and never a
// failure: nothing that is priced depends on it.
import type { ConfigWarning } from '../config/check.ts';
import { pathText, type ConfigPath } from '../config/config-path.ts';
import { parseDocument, type Json5Document } from '../config/json5-document.ts';
import { readTextFile } from '../config/load.ts';
import { isTree } from '../config/tree.ts';
import { toOpenClawError } from '../errors.ts';
import { nearestName } from '../platform/nearest.ts';
import { cleanText, quotedText } from '../platform/text.ts';
import type { ModelDefinition } from '../plugin-sdk/index.ts';
import type { Usage } from '../wire/usage.ts';
import type { ModelRoute } from './model-route.ts';

export type Price = ModelDefinition['cost'];

export type Prices = {
  /** Whole nano-dollars (10^-9 USD), rounded once for each usage. */
  costOf(route: Pick<ModelRoute, 'ref' | 'definition'>, usage: Usage): number;
  /** USD per million tokens. */
  priceOf(route: Pick<ModelRoute, 'ref' | 'definition'>): Price;
};

/** By `provider/model`; what is left out is taken from the catalogue. */
export type OwnPrices = ReadonlyMap<string, Partial<Price>>;

export type ReadPrices = { readonly own: OwnPrices; readonly warnings: readonly ConfigWarning[] };

const kinds = ['input', 'output', 'cacheRead', 'cacheWrite'] as const satisfies (keyof Price)[];
/** USD per million tokens; a higher one is a slip of the unit. */
const highestPrice = 100_000;

export function createPrices(own: OwnPrices): Prices {
  const priceOf: Prices['priceOf'] = ({ ref, definition }) => {
    const written = own.get(ref);
    return written === undefined ? definition.cost : { ...definition.cost, ...written };
  };
  return { priceOf, costOf: (route, usage) => costOf(priceOf(route), usage) };
}

/** Whole nano-dollars. */
export function costOf(price: Price, usage: Usage): number {
  // One USD per million tokens is a million pico-dollars a token: whole numbers, for prices of up to six decimals.
  const pico =
    picoOf(price.input) * usage.input +
    picoOf(price.output) * usage.output +
    picoOf(price.cacheRead) * usage.cacheRead +
    picoOf(price.cacheWrite) * usage.cacheWrite;
  return Math.round(pico / 1_000);
}

function picoOf(price: number): number {
  return Math.round(price * 1_000_000);
}

/** `{ "provider/model": { input, output, cacheRead, cacheWrite } }`, JSON or JSON5. A missing file holds no prices. */
export function readPrices(file: string): ReadPrices {
  let document: Json5Document;
  try {
    const text = readTextFile(file);
    if (text === undefined) return { own: new Map(), warnings: [] };
    document = parseDocument(text, file);
  } catch (error) {
    const { message, data } = toOpenClawError(error);
    const place = { line: Number(data['line'] ?? 1), column: Number(data['column'] ?? 1) };
    return { own: new Map(), warnings: [{ ...place, path: '', message: cleanText(message, 400) }] };
  }
  const own = new Map<string, Partial<Price>>();
  const warnings: ConfigWarning[] = [];
  const warn = (path: ConfigPath, message: string): void => {
    warnings.push({ ...document.placeOf(path), path: pathText(path), message });
  };
  for (const [ref, value] of Object.entries(document.value)) {
    const shown = quotedText(ref, 120);
    if (!/^[^/]+\/./.test(ref)) warn([ref], `${shown} is no "provider/model": it is left out`);
    else if (!isTree(value)) warn([ref], `${shown} must be an object of prices: it is left out`);
    else own.set(ref, readPrice(ref, value, warn));
  }
  return { own, warnings };
}

function readPrice(
  ref: string,
  written: Record<string, unknown>,
  warn: (path: ConfigPath, message: string) => void,
): Partial<Price> {
  const price: Partial<Price> = {};
  for (const [key, value] of Object.entries(written)) {
    const kind = kinds.find((known) => known === key);
    if (kind === undefined) {
      const nearest = nearestName(key, kinds) ?? kinds.join(', ');
      warn([ref, key], `${quotedText(key, 60)} is no kind of price: did you mean ${nearest}?`);
    } else if (typeof value !== 'number' || !(value >= 0 && value <= highestPrice)) {
      warn([ref, key], `${kind} must be a number of USD per million tokens, 0 to ${highestPrice}`);
    } else price[kind] = value;
  }
  return price;
}
