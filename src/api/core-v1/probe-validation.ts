import { forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { nonNegative, oneOf, portOrName, requiredOneOf, requiredText } from '../meta-v1/checks.ts';
import type { Container, LifecycleHandler, PodSpec, Probe } from './pod-spec.ts';

type Handler = LifecycleHandler & Pick<Probe, 'grpc'>;

/** The rules of a container's three probes. */
export function validateProbes(container: Container, field: string): FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  if (!livenessProbe && !readinessProbe && !startupProbe) return [];
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

/** What of a pod the rules of its containers' hooks depend on. */
export type LifecycleContext = Pick<PodSpec, 'terminationGracePeriodSeconds' | 'os'>;

/** The rules of what runs after a container's start and before its end, and of the signal that ends it. */
export function validateLifecycle(
  lifecycle: Container['lifecycle'],
  field: string,
  context: LifecycleContext,
): FieldError[] {
  if (!lifecycle) return [];
  return [
    ...(lifecycle.postStart ? validateHook(lifecycle.postStart, path(field, 'postStart'), context) : []),
    ...(lifecycle.preStop ? validateHook(lifecycle.preStop, path(field, 'preStop'), context) : []),
    ...(lifecycle.stopSignal ? validateStopSignal(lifecycle.stopSignal, path(field, 'stopSignal'), context) : []),
  ];
}

function validateHook(handler: LifecycleHandler, field: string, context: LifecycleContext): FieldError[] {
  const errors = validateHandler(handler, field);
  const grace = context.terminationGracePeriodSeconds;
  const seconds = handler.sleep?.seconds ?? 0;
  if (handler.sleep && grace !== undefined && (seconds < 0 || seconds > grace)) {
    const detail = `must be non-negative and less than terminationGracePeriodSeconds (${grace})`;
    errors.push(invalid(path(field, 'sleep'), seconds, detail));
  }
  return errors;
}

const SIGNAL =
  /^SIG(ABRT|ALRM|BUS|CHLD|CLD|CONT|FPE|HUP|ILL|INT|IO|IOT|KILL|PIPE|POLL|PROF|PWR|QUIT|SEGV|STKFLT|STOP|SYS|TERM|TRAP|TSTP|TTIN|TTOU|URG|USR1|USR2|VTALRM|WINCH|XCPU|XFSZ|RTMIN(\+([1-9]|1[0-5]))?|RTMAX(-([1-9]|1[0-4]))?)$/;
const WINDOWS_SIGNALS = ['SIGKILL', 'SIGTERM'];

function validateStopSignal(signal: string, field: string, { os }: LifecycleContext): FieldError[] {
  if (!os?.name) return [forbidden(field, 'may not be set for containers with empty `spec.os.name`')];
  if (os.name === 'windows') return oneOf(field, signal, WINDOWS_SIGNALS);
  return SIGNAL.test(signal) ? [] : [invalid(field, signal, 'not a valid stop signal')];
}

/** Exactly one way to act. */
function validateHandler(handler: Handler, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let first = true;
  for (const name of HANDLERS) {
    if (!handler[name]) continue;
    const at = path(field, name);
    if (first) errors.push(...validateAction(handler, name, at));
    else errors.push(forbidden(at, 'may not specify more than 1 handler type'));
    first = false;
  }
  if (first) errors.push(required(field, 'must specify a handler type'));
  return errors;
}

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;
const HEADER_NAME =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

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
      return [];
  }
}

function validateHttpGet(get: NonNullable<Handler['httpGet']>, at: string): FieldError[] {
  return [
    ...requiredText(path(at, 'path'), get.path),
    ...portOrName(path(at, 'port'), get.port ?? 0),
    ...requiredOneOf(path(at, 'scheme'), get.scheme, ['HTTP', 'HTTPS']),
    ...(get.httpHeaders ?? []).flatMap(({ name }) =>
      /^[-A-Za-z0-9]+$/.test(name ?? '') ? [] : [invalid(path(at, 'httpHeaders'), name ?? '', HEADER_NAME)],
    ),
  ];
}
