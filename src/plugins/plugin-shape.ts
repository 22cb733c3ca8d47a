// Is what a plugin exports and registers of the shape that the contract asks for? Says what is not, as a TypeError.
import type { PluginDefinition, ProviderPlugin } from '../plugin-sdk/index.ts';
import { cleanText } from '../platform/text.ts';

/** The default export of a plugin's entry module, whose id must be the manifest's. */
export function definitionOf(module: unknown, id: string): PluginDefinition {
  const definition = isObject(module) ? Reflect.get(module, 'default') : undefined;
  if (!isObject(definition)) throw new TypeError('its default export is not an object');
  if (typeof Reflect.get(definition, 'register') !== 'function')
    throw new TypeError('it has no register function');
  const ownId: unknown = Reflect.get(definition, 'id');
  if (ownId !== id) {
    throw new TypeError(`its code calls it ${cleanText(String(ownId), 60)}, its manifest ${id}`);
  }
  return definition as PluginDefinition;
}

/** Only what the host itself relies on: the rest is called through guards. */
export function checkProvider(provider: unknown): ProviderPlugin {
  if (!isObject(provider)) throw new TypeError('registerProvider takes an object');
  const [id, label, auth] = ['id', 'label', 'auth'].map((key): unknown => Reflect.get(provider, key));
  if (typeof id !== 'string' || id === '') throw new TypeError('a provider needs an id');
  if (typeof label !== 'string') throw new TypeError(`the provider ${cleanText(id, 60)} needs a label`);
  const methods: unknown[] = Array.isArray(auth) ? auth : [undefined];
  const sound = methods.every(
    (method) =>
      isObject(method) &&
      typeof Reflect.get(method, 'id') === 'string' &&
      typeof Reflect.get(method, 'run') === 'function',
  );
  if (!sound)
    throw new TypeError(`the provider ${cleanText(id, 60)} needs auth methods with an id and a run function`);
  return provider as ProviderPlugin;
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
