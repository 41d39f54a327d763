import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { IP_RULE, isIp } from './ip.ts';

/** Addresses that everything has, or that mean everybody, are nobody's own. */
const SPECIAL: readonly [test: RegExp, detail: string][] = [
  [/^(0\.0\.0\.0|::)$/, 'may not be unspecified (0.0.0.0 or ::)'],
  [/^(127\.|::1$)/, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  [/^(169\.254\.|fe[89ab][0-9a-f]:)/i, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  [/^(224\.0\.0\.|ff[0-9a-f]2:)/i, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
];

/** Errors when an address belongs to a range that cannot be an endpoint or an address of a service. */
export function validateNotSpecial(field: string, ip: string): FieldError[] {
  if (!isIp(ip)) return [invalid(field, ip, IP_RULE)];
  return SPECIAL.flatMap(([test, detail]) => (test.test(ip) ? [invalid(field, ip, detail)] : []));
}
