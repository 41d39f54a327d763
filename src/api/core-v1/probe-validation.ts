import { forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { nonNegative, portOrName, requiredOneOf, requiredText } from '../meta-v1/checks.ts';
import type { Container, LifecycleHandler, Probe } from './pod-spec.ts';

type Handler = LifecycleHandler & Pick<Probe, 'grpc'>;

/** The rules of a container's three probes. */
export function validateProbes(container: Container, field: string): FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  return [
    ...validateProbe(livenessProbe, path(field, 'livenessProbe')),
    ...mustSucceedOnce(livenessProbe, path(field, 'livenessProbe')),
    ...validateProbe(readinessProbe, path(field, 'readinessProbe')),
    ...noGraceWhenReady(readinessProbe, path(field, 'readinessProbe')),
    ...validateProbe(startupProbe, path(field, 'startupProbe')),
    ...mustSucceedOnce(startupProbe, path(field, 'startupProbe')),
  ];
}

function mustSucceedOnce(probe: Probe | undefined, field: string): FieldError[] {
  const threshold = probe?.successThreshold ?? 1;
  return threshold === 1 ? [] : [invalid(path(field, 'successThreshold'), threshold, 'must be 1')];
}

function noGraceWhenReady(probe: Probe | undefined, field: string): FieldError[] {
  const seconds = probe?.terminationGracePeriodSeconds;
  if (seconds === undefined) return [];
  return [invalid(path(field, 'terminationGracePeriodSeconds'), seconds, 'must not be set for readinessProbes')];
}

function validateProbe(probe: Probe | undefined, field: string): FieldError[] {
  if (!probe) return [];
  const grace = probe.terminationGracePeriodSeconds;
  return [
    ...validateHandler(probe, field),
    ...nonNegative(path(field, 'initialDelaySeconds'), probe.initialDelaySeconds),
    ...nonNegative(path(field, 'timeoutSeconds'), probe.timeoutSeconds),
    ...nonNegative(path(field, 'periodSeconds'), probe.periodSeconds),
    ...nonNegative(path(field, 'successThreshold'), probe.successThreshold),
    ...nonNegative(path(field, 'failureThreshold'), probe.failureThreshold),
    ...(grace !== undefined && grace <= 0
      ? [invalid(path(field, 'terminationGracePeriodSeconds'), grace, 'must be greater than 0')]
      : []),
  ];
}

/** The rules of what runs after a container's start and before its end. */
export function validateLifecycle(lifecycle: Container['lifecycle'], field: string): FieldError[] {
  if (!lifecycle) return [];
  return [
    ...(lifecycle.postStart ? validateHandler(lifecycle.postStart, path(field, 'postStart')) : []),
    ...(lifecycle.preStop ? validateHandler(lifecycle.preStop, path(field, 'preStop')) : []),
  ];
}

/** Exactly one way to act. */
function validateHandler(handler: Handler, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const given = (['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const).filter((name) => handler[name]);
  given.forEach((name, i) => {
    const at = path(field, name);
    if (i > 0) errors.push(forbidden(at, 'may not specify more than 1 handler type'));
    else errors.push(...validateAction(handler, name, at));
  });
  if (given.length === 0) errors.push(required(field, 'must specify a handler type'));
  return errors;
}

function validateAction(handler: Handler, name: keyof Handler, at: string): FieldError[] {
  switch (name) {
    case 'exec':
      return handler.exec!.command?.length ? [] : [required(path(at, 'command'))];
    case 'httpGet':
      return validateHttpGet(handler.httpGet!, at);
    case 'tcpSocket':
      return portOrName(path(at, 'port'), handler.tcpSocket!.port ?? 0);
    case 'grpc':
      return portOrName(path(at, 'port'), handler.grpc!.port ?? 0);
    default:
      return nonNegative(path(at, 'seconds'), handler.sleep!.seconds);
  }
}

function validateHttpGet(get: NonNullable<Handler['httpGet']>, at: string): FieldError[] {
  return [
    ...requiredText(path(at, 'path'), get.path),
    ...portOrName(path(at, 'port'), get.port ?? 0),
    ...requiredOneOf(path(at, 'scheme'), get.scheme, ['HTTP', 'HTTPS']),
    ...(get.httpHeaders ?? []).flatMap((header, i) => requiredText(`${at}.httpHeaders[${i}].name`, header.name)),
  ];
}
