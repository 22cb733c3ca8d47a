// What the gateway must know of each API that it serves, in order to say something of its own in it: error bodies, the
// event that ends a broken stream, the model list, and where an upstream has the same API. What an upstream wrote is
// passed on untouched and never comes through here.
import { httpStatusOf, type ErrorCode, type OpenClawError } from '../errors.ts';
import type { ModelApi } from '../plugin-sdk/index.ts';

/** An error as a client is told of it. `code` is there when it comes from the catalogue of errors. */
export type Fault = { readonly status: number; readonly message: string; readonly code?: ErrorCode };

export type ListedModel = {
  readonly id: string;
  readonly displayName: string;
  readonly provider: string;
  readonly api: ModelApi;
};

/** How a stream is handed on, so that one that breaks off can still be ended in a way that clients understand. */
export type StreamRule = {
  /**
   * False: an error event may close an event that was cut, for the name of an event decides. True: what has begun of
   * an event waits for its end, for clients take the name of no event into account and choke on half of its JSON.
   */
  readonly holdsCutEvents: boolean;
  /** The number of the last event that begins in these bytes, where events have numbers; else `before`. */
  readonly lastNumber?: (bytes: Buffer, before: number) => number;
};

export type Protocol = {
  readonly api: ModelApi;
  /** Under which the client looks for the id of its request, the official name first. */
  readonly requestIdNames: readonly string[];
  readonly stream: StreamRule;
  /** `path`: as the client sent it, from `/v1` on. The result goes behind `baseUrl`. */
  upstreamPath(path: string, baseUrl: string): string;
  /** JSON text. */
  errorBody(fault: Fault, requestId: string): string;
  /** One server-sent event that ends a stream. `eventNumber`: that of the event before, -1 without one. */
  errorEvent(fault: Fault, requestId: string, eventNumber: number): string;
  modelInfo(model: ListedModel): Record<string, unknown>;
  modelList(models: readonly ListedModel[]): Record<string, unknown>;
};

/** The message carries the remedy: a client shows nothing else of an error. */
export function faultOf(error: OpenClawError): Fault {
  const message = /[.!?…]$/.test(error.message) ? error.message : `${error.message}.`;
  return { status: httpStatusOf(error), message: `${message} ${error.remedy}`, code: error.code };
}
