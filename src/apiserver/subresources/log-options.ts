import { badRequest, invalidObject } from '../../apimachinery/api-error.ts';
import { forbidden, invalid, notSupported, type FieldError } from '../../apimachinery/field-error.ts';
import { parseTime } from '../../apimachinery/time.ts';

const streams = ['All', 'Stdout', 'Stderr'];
const numbers = ['tailLines', 'limitBytes', 'sinceSeconds'] as const;

/**
 * The rules of `PodLogOptions`.
 * @throws ApiError BadRequest for what cannot be read, Invalid with all that breaks a rule
 */
export function checkLogQuery(query: URLSearchParams, pod: string): void {
  const values = Object.fromEntries(numbers.map((name) => [name, integer(query.get(name))]));
  const { tailLines, limitBytes, sinceSeconds } = values;
  const sinceTime = query.get('sinceTime');
  if (sinceTime && parseTime(sinceTime) === undefined) throw badRequest(unreadableTime(sinceTime));
  const errors: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0)
    errors.push(invalid('tailLines', tailLines, 'must be greater than or equal to 0'));
  if (limitBytes !== undefined && limitBytes < 1)
    errors.push(invalid('limitBytes', limitBytes, 'must be greater than 0'));
  if (sinceSeconds !== undefined && sinceTime)
    errors.push(forbidden('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    errors.push(invalid('sinceSeconds', sinceSeconds, 'must be greater than 0'));
  errors.push(...streamErrors(query.get('stream'), tailLines));
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'PodLogOptions' }, pod, errors);
}

function streamErrors(stream: string | null, tailLines: number | undefined): FieldError[] {
  if (!stream) return [];
  if (!streams.includes(stream)) return [notSupported('stream', stream, streams)];
  if (stream === 'All' || tailLines === undefined) return [];
  return [forbidden('[]', '`tailLines` and specific `stream` are mutually exclusive for now')];
}

function integer(text: string | null): number | undefined {
  if (!text) return undefined;
  if (/^[+-]?[0-9]{1,15}$/.test(text)) return Number(text);
  const why = /^[+-]?[0-9]+$/.test(text) ? 'value out of range' : 'invalid syntax';
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
}

function unreadableTime(text: string): string {
  const shown = JSON.stringify(text);
  return `parsing time ${shown} as "2006-01-02T15:04:05Z07:00": cannot parse ${shown} as "2006"`;
}
