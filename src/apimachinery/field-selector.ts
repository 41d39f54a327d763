import { badRequest } from './api-error.ts';

/** One term of a field selector. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** How to read a field of what is matched. */
export type FieldReader = (field: string) => string;

/** A parsed field selector: all terms must hold. Immutable. */
export class FieldSelector {
  readonly requirements: readonly FieldRequirement[];

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements;
  }

  /** Whether everything matches. */
  get empty(): boolean {
    return this.requirements.length === 0;
  }

  /** A field that is not there reads as the empty string. */
  matches(fields: Readonly<Record<string, string | undefined>> | FieldReader): boolean {
    const read: FieldReader =
      typeof fields === 'function' ? fields : (f) => (Object.hasOwn(fields, f) ? (fields[f] ?? '') : '');
    for (const { field, operator, value } of this.requirements) {
      if ((read(field) === value) !== (operator === '=')) return false;
    }
    return true;
  }

  /** The value that `field` must have, if the selector names one. */
  exact(field: string): string | undefined {
    return this.requirements.find((r) => r.field === field && r.operator === '=')?.value;
  }

  toString(): string {
    return this.requirements.map((r) => `${r.field}${r.operator}${escapeFieldValue(r.value)}`).join(',');
  }
}

/** Matches everything. */
const everyField = new FieldSelector([]);

/**
 * Parses `metadata.name=web,status.phase!=Running`; in values `\`, `,` and `=` are escaped by a backslash.
 * @throws ApiError BadRequest
 */
export function parseFieldSelector(text: string | undefined): FieldSelector {
  if (!text) return everyField;
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    if (term !== '') requirements.push(parseTerm(term, text));
  }
  return new FieldSelector(requirements);
}

/** Splits at commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function parseTerm(term: string, whole: string): FieldRequirement {
  for (let i = 0; i < term.length; i++) {
    const operator = ['!=', '==', '='].find((o) => term.startsWith(o, i));
    if (!operator) continue;
    const value = unescape(term.slice(i + operator.length));
    return { field: term.slice(0, i), operator: operator === '!=' ? '!=' : '=', value };
  }
  throw badRequest(`invalid selector: '${whole}'; can't understand '${term}'`);
}

function unescape(value: string): string {
  let out = '';
  for (let i = 0; i < value.length; i++) {
    let c = value[i]!;
    if (c === '\\') {
      c = value[++i] ?? '';
      if (c !== '\\' && c !== ',' && c !== '=')
        throw badRequest(`invalid field selector: invalid escape sequence: \\${c}`);
    } else if (c === '=') {
      throw badRequest(`invalid field selector: unescaped character in value: ${c.charCodeAt(0)}`);
    }
    out += c;
  }
  return out;
}

/** A value as it stands in a field selector. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, (c) => `\\${c}`);
}
