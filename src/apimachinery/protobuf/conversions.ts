import { parseJson } from '../schema/json.ts';
import { formatMicroTime, formatTime, parseTime } from '../time.ts';
import { formatDuration, parseDuration } from '../duration.ts';
import type { Conversion, JsonObject } from './message.ts';
import { WireError } from './wire-error.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

const quantity: Conversion = {
  toJson: ({ string = '0' }) => string,
  toFields: (json) => ({ string: String(json) }),
};

const intOrString: Conversion = {
  toJson: ({ type, intVal = 0, strVal = '' }) => (type === 1 ? strVal : intVal),
  toFields: (json) =>
    typeof json === 'number' ? { type: 0, intVal: json, strVal: '' } : { type: 1, intVal: 0, strVal: String(json) },
};

/** JSON text inside the message, under the name `field`. */
function rawJson(field: string): Conversion {
  return {
    toJson: ({ [field]: text }) => (text ? parseJson(text as string).value : undefined),
    toFields: (json) => ({ [field]: JSON.stringify(json) }),
  };
}

const time: Conversion = {
  toJson: (fields) => timeText(fields, (ms) => formatTime(ms)),
  toFields: (json) => timeFields(json, () => 0),
};

const microTime: Conversion = {
  toJson: (fields) => timeText(fields, (ms, nanos) => formatMicroTime(ms + Math.floor(nanos / 1000) / 1000)),
  toFields: (json) => timeFields(json, (ms) => Math.round(ms * 1000) * 1000),
};

const duration: Conversion = {
  toJson: ({ duration: nanoseconds = 0 }) => formatDuration(nanoseconds as number),
  toFields: (json) => ({ duration: parseDuration(String(json)) }),
};

/** A time that is not set is an empty message. */
function timeText({ seconds, nanos = 0 }: JsonObject, format: (ms: number, nanos: number) => string): unknown {
  if (seconds === undefined) return undefined;
  const ms = (seconds as number) * 1000;
  if (ms < firstTime || ms > lastTime) throw new WireError('a time is outside of the years 1 to 9999');
  return format(ms, Math.min(Math.max(nanos as number, 0), 999_999_999));
}

const firstTime = Date.parse('0001-01-01T00:00:00Z');
const lastTime = Date.parse('9999-12-31T23:59:59Z');

function timeFields(json: unknown, nanosOf: (ms: number) => number): JsonObject {
  const ms = parseTime(String(json));
  if (ms === undefined) return {};
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: nanosOf(ms - seconds * 1000) };
}

/** A list of texts that is a type of its own. */
const texts: Conversion = {
  toJson: ({ items = [] }) => items,
  toFields: (json) => ({ items: json }),
};

/** A schema, or something else that is a list. */
function schemaOrList(field: string): Conversion {
  return {
    toJson: ({ schema, [field]: list = [] }) => schema ?? list,
    toFields: (json) => (Array.isArray(json) ? { [field]: json } : { schema: json }),
  };
}

const schemaOrBool: Conversion = {
  toJson: ({ schema, allows = false }) => schema ?? allows,
  toFields: (json) => (typeof json === 'boolean' ? { allows: json } : { allows: true, schema: json }),
};

/** The messages whose JSON is not an object of their fields, by definition. */
export const conversions: Readonly<Record<string, Conversion>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': quantity,
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': intOrString,
  'io.k8s.apimachinery.pkg.runtime.RawExtension': rawJson('raw'),
  [`${extensions}.JSON`]: rawJson('raw'),
  [`${meta}.FieldsV1`]: rawJson('Raw'),
  [`${meta}.Time`]: time,
  [`${meta}.MicroTime`]: microTime,
  [`${meta}.Duration`]: duration,
  [`${meta}.Verbs`]: texts,
  'io.k8s.api.authentication.v1.ExtraValue': texts,
  'io.k8s.api.authorization.v1.ExtraValue': texts,
  'io.k8s.api.certificates.v1.ExtraValue': texts,
  [`${extensions}.JSONSchemaPropsOrArray`]: schemaOrList('jSONSchemas'),
  [`${extensions}.JSONSchemaPropsOrStringArray`]: schemaOrList('property'),
  [`${extensions}.JSONSchemaPropsOrBool`]: schemaOrBool,
};
