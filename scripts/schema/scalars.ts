import type { Schema } from '../../src/apimachinery/schema/schema.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

/** The definitions that client-node has no class for, because it maps them to a JavaScript type. */
export const scalars: Readonly<Record<string, Schema>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': {
    type: 'string',
    description:
      'A number with an optional unit: 500m, 1.5Gi, 2e3. Suffixes are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent.',
  },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
    type: 'string',
    format: 'int-or-string',
    description: 'Either an integer or a string.',
  },
  [`${meta}.Time`]: {
    type: 'string',
    format: 'date-time',
    description: 'A point in time in RFC 3339 form, to the second.',
  },
  [`${meta}.MicroTime`]: {
    type: 'string',
    format: 'date-time',
    description: 'A point in time in RFC 3339 form, to the microsecond.',
  },
  [`${meta}.Patch`]: { type: 'object', description: "A patch; its form follows from the request's content type." },
  [`${meta}.FieldsV1`]: {
    type: 'object',
    description:
      'A set of fields as a tree: f:<name> is a field, k:<keys> and v:<value> an item of a list, i:<index> a position.',
  },
  'io.k8s.apimachinery.pkg.runtime.RawExtension': { type: 'object', description: 'Any object, kept as it was sent.' },
  [`${extensions}.JSON`]: { description: 'Any JSON value.' },
  [`${extensions}.JSONSchemaPropsOrArray`]: { description: 'A schema or an array of schemas.' },
  [`${extensions}.JSONSchemaPropsOrBool`]: { description: 'A schema or a boolean.' },
  [`${extensions}.JSONSchemaPropsOrStringArray`]: { description: 'A schema or an array of strings.' },
  [`${extensions}.CustomResourceSubresourceStatus`]: {
    type: 'object',
    description: 'Present when custom resources have a status subresource. It has no fields.',
  },
  'io.k8s.api.apiserverinternal.v1alpha1.StorageVersionSpec': { type: 'object', description: 'It has no fields.' },
  'io.k8s.api.scheduling.v1alpha2.BasicSchedulingPolicy': {
    type: 'object',
    description: 'Pods of the group are scheduled one by one. It has no fields.',
  },
};
