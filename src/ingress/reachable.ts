import { lookup as resolve, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

/** Whether an address may be that of a backend: what only this machine can reach is nobody's to be led to. */
export function isReachable(ip: string): boolean {
  return isIP(ip) !== 0 && !/^(?:127\.|0\.|169\.254\.|::1?$|fe[89ab]|::ffff:)/i.test(ip);
}

/** Looks names of backends up as Node.js does, but for addresses that they must not lead to. */
export const guardedLookup: LookupFunction = (name, options, callback) => {
  resolve(name, { ...options, all: true }, (error, found: LookupAddress[]) => {
    const allowed = error ? [] : found.filter(({ address }) => isReachable(address));
    const first = allowed[0];
    if (error) callback(error, '');
    else if (!first) callback(new Error(`${name} has no address that a backend may have`), '');
    else if (options.all) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
};
