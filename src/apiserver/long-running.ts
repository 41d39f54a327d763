import type { RequestInfo } from './request-info.ts';

const streams = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

/** Whether the request is meant to last: watches and connections. Limits on time and number do not apply to them. */
export function isLongRunning(info: RequestInfo | undefined): boolean {
  return info !== undefined && info.resourceRequest && (info.verb === 'watch' || streams.has(info.subresource));
}
