import type { Conversion } from '../../apimachinery/kind.ts';
import type { AnyObject } from '../../apimachinery/object.ts';

/**
 * The oldest version keeps the fields of an exact request beside its name, where the others have them under `exactly`,
 * and a device's properties under `basic`, where the others have them beside its name.
 */
const OLDEST = 'resource.k8s.io/v1beta1';
const STORED = 'resource.k8s.io/v1';

type Fields = Record<string, any>;

function requestToStored({ name, firstAvailable, ...exactly }: Fields): Fields {
  return {
    name,
    ...(Object.keys(exactly).length > 0 && { exactly }),
    ...(firstAvailable && { firstAvailable }),
  };
}

function requestFromStored({ name, exactly, firstAvailable }: Fields): Fields {
  return { name, ...exactly, ...(firstAvailable && { firstAvailable }) };
}

function deviceToStored({ name, basic }: Fields): Fields {
  return { name, ...basic };
}

function deviceFromStored({ name, ...basic }: Fields): Fields {
  return { name, basic };
}

/** A claim's spec with each request changed. */
function withRequests(spec: Fields | undefined, change: (request: Fields) => Fields): Fields | undefined {
  const requests = spec?.['devices']?.requests;
  return requests ? { ...spec, devices: { ...spec['devices'], requests: requests.map(change) } } : spec;
}

function withDevices(spec: Fields | undefined, change: (device: Fields) => Fields): Fields | undefined {
  const devices = spec?.['devices'];
  return devices ? { ...spec, devices: devices.map(change) } : spec;
}

/** Changes the spec of an object both ways. */
function ofSpec(
  toStored: (spec: Fields | undefined) => Fields | undefined,
  fromStored: (spec: Fields | undefined) => Fields | undefined,
): Conversion<any> {
  const change = (object: AnyObject, apiVersion: string, spec: Fields | undefined) => ({
    ...object,
    apiVersion,
    ...(spec && { spec }),
  });
  return {
    toStored: (object) => change(object, STORED, toStored(object.spec)),
    fromStored: (stored) => change(stored, OLDEST, fromStored(stored.spec)),
  };
}

export const resourceClaimConversion = ofSpec(
  (spec) => withRequests(spec, requestToStored),
  (spec) => withRequests(spec, requestFromStored),
);

export const resourceClaimTemplateConversion = ofSpec(
  (template) => template?.['spec'] && { ...template, spec: withRequests(template['spec'], requestToStored) },
  (template) => template?.['spec'] && { ...template, spec: withRequests(template['spec'], requestFromStored) },
);

export const resourceSliceConversion = ofSpec(
  (spec) => withDevices(spec, deviceToStored),
  (spec) => withDevices(spec, deviceFromStored),
);
