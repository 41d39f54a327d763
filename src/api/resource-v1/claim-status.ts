import { forbidden, invalid, path, required, tooLong, type FieldError } from '../../apimachinery/field-error.ts';
import { isCidr } from '../core-v1/ip.ts';
import { immutable, requiredOneOf } from '../meta-v1/checks.ts';
import { validateConditions } from '../meta-v1/condition-validation.ts';
import { bounded, boundedSet, deviceName, driverName, poolName } from './device-names.ts';
import { requestNames, validateConfig, validateName } from './device-requests.ts';
import type { ResourceClaim } from './resource-claim.ts';

type Status = NonNullable<ResourceClaim['status']>;
type Allocation = NonNullable<Status['allocation']>;
type Consumer = NonNullable<Status['reservedFor']>[number];
type DeviceStatus = NonNullable<Status['devices']>[number];
type DeviceId = { driver?: string; pool?: string; device?: string; shareID?: string };

const MOST = { consumers: 256, results: 32, config: 64, ips: 16 };
const LONGEST = { interface: 256, hardware: 128, data: 10 * 1024 };

/** The rules of a change of a claim's status: what was allocated stays, and only then it is reserved. */
export function validateClaimStatus(now: ResourceClaim, old: ResourceClaim): FieldError[] {
  const [status, before]: Status[] = [now.status ?? {}, old.status ?? {}];
  const { allocation, reservedFor, devices } = status!;
  const allocated = new Set((allocation?.devices?.results ?? []).map(idOf));
  return [
    ...boundedSet('status.reservedFor', reservedFor, MOST.consumers, validateConsumer, (c) => c.uid, 'uid'),
    ...boundedSet(
      'status.devices',
      devices,
      Infinity,
      (device, at) => validateDeviceStatus(device, allocated, at),
      idOf,
      'deviceID',
    ),
    ...validateReserved(now, before!),
    ...(before!.allocation && allocation ? immutable('status.allocation', allocation, before!.allocation) : []),
    ...(allocation && !before!.allocation ? validateAllocation(allocation, now, 'status.allocation') : []),
  ];
}

function idOf({ driver = '', pool = '', device = '', shareID }: DeviceId): string {
  return [driver, pool, device, ...(shareID ? [shareID] : [])].join('/');
}

function validateReserved({ metadata, status }: ResourceClaim, before: Status): FieldError[] {
  const consumers = status?.reservedFor ?? [];
  if (consumers.length === 0) return [];
  const field = 'status.reservedFor';
  if (!status?.allocation) return [forbidden(field, 'may not be specified when `allocated` is not set')];
  const known = new Set((before.reservedFor ?? []).map((consumer) => consumer.uid));
  const added = consumers.some((consumer) => !known.has(consumer.uid));
  if (!metadata.deletionTimestamp || !added) return [];
  const detail = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
  return [forbidden(field, detail)];
}

function validateConsumer(consumer: Partial<Consumer>, at: string): FieldError[] {
  return (['resource', 'name', 'uid'] as const)
    .filter((name) => !consumer[name])
    .map((name) => required(path(at, name)));
}

function validateAllocation({ devices }: Allocation, { spec }: ResourceClaim, at: string): FieldError[] {
  const names = requestNames(spec?.devices);
  return [
    ...bounded(path(at, 'devices', 'results'), devices?.results, MOST.results, (result, field) => [
      ...validateName(path(field, 'request'), result.request, names),
      ...validateId(result, field),
    ]),
    ...bounded(path(at, 'devices', 'config'), devices?.config, MOST.config, (config, field) => [
      ...requiredOneOf(path(field, 'source'), config.source, ['FromClaim', 'FromClass']),
      ...(config.requests ?? []).flatMap((name, i) => validateName(path(field, 'requests') + path(i), name, names)),
      ...validateConfig(config, field),
    ]),
  ];
}

function validateId(id: DeviceId, at: string): FieldError[] {
  return [
    ...driverName(path(at, 'driver'), id.driver),
    ...poolName(path(at, 'pool'), id.pool),
    ...deviceName(path(at, 'device'), id.device),
  ];
}

function validateDeviceStatus(device: DeviceStatus, allocated: ReadonlySet<string>, at: string): FieldError[] {
  const errors = validateId(device, at);
  if (!allocated.has(idOf(device))) errors.push(invalid(at, idOf(device), 'must be an allocated device in the claim'));
  errors.push(...validateConditions(path(at, 'conditions'), device.conditions));
  if (device.data !== undefined && JSON.stringify(device.data).length > LONGEST.data) {
    errors.push(tooLong(path(at, 'data'), LONGEST.data));
  }
  return [...errors, ...validateNetwork(device.networkData ?? {}, path(at, 'networkData'))];
}

function validateNetwork(data: NonNullable<DeviceStatus['networkData']>, at: string): FieldError[] {
  const { interfaceName = '', hardwareAddress = '', ips } = data;
  return [
    ...(interfaceName.length > LONGEST.interface ? [tooLong(path(at, 'interfaceName'), LONGEST.interface)] : []),
    ...(hardwareAddress.length > LONGEST.hardware ? [tooLong(path(at, 'hardwareAddress'), LONGEST.hardware)] : []),
    ...boundedSet(
      path(at, 'ips'),
      ips,
      MOST.ips,
      (ip, field) =>
        isCidr(ip)
          ? []
          : [invalid(field, ip, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')],
      String,
    ),
  ];
}
