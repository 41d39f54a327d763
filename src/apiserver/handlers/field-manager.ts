import { invalid, tooLong, type FieldError } from '../../apimachinery/field-error.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { invalidParameters } from './invalid-parameters.ts';

/** The longest name of a field manager, in bytes. */
const LONGEST = 128;

/**
 * The name under which the caller's fields are owned: what it asks for, or the name of its program.
 * @throws ApiError Invalid when the name it asks for is too long or has characters that cannot be printed
 */
export function fieldManagerOf(exchange: Exchange): string {
  const asked = exchange.query.get('fieldManager');
  if (!asked) return fromUserAgent(exchange.request.headers['user-agent'] ?? '');
  const errors = managerErrors(asked);
  if (errors.length > 0) throw invalidParameters(exchange, errors);
  return asked;
}

function managerErrors(manager: string): FieldError[] {
  const errors = Buffer.byteLength(manager) > LONGEST ? [tooLong('fieldManager', LONGEST)] : [];
  let at = 0;
  for (const character of manager) {
    if (!isPrintable(character)) {
      const detail = `invalid character ${codePoint(character)} (at position ${at})`;
      errors.push(invalid('fieldManager', manager, detail));
    }
    at += Buffer.byteLength(character);
  }
  return errors;
}

/** Letters, marks, numbers, punctuation, symbols, and the plain blank. */
function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);
}

function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

const known = new Map<string, string>();

/** `kubectl/v1.36.0 (linux/amd64)` is `kubectl`. */
function fromUserAgent(userAgent: string): string {
  let manager = known.get(userAgent);
  if (manager !== undefined) return manager;
  manager = shortened(userAgent.split('/')[0]!);
  if (known.size < 1000) known.set(userAgent, manager);
  return manager;
}

function shortened(name: string): string {
  let result = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > LONGEST) break;
    if (isPrintable(character)) result += character;
  }
  return result;
}
