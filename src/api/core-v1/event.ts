import type { CoreV1Event } from '@kubernetes/client-node';
import { invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import type { Column } from '../../apimachinery/table.ts';
import { age } from '../../apimachinery/time.ts';
import { checked } from '../meta-v1/checks.ts';
import { column, wideColumn } from '../meta-v1/columns.ts';

export type Event = Resource<CoreV1Event>;

/** Events go by themselves after an hour. */
export const EVENT_TTL = 3600;

/** The rules of an event. Those that know the time in full say more, and are held to more. */
function validate(event: Event): FieldError[] {
  return event.eventTime ? [...validatePlace(event), ...validateModern(event)] : validatePlace(event);
}

/**
 * An event stands where its object does; what has no namespace is told of in `default`. One that knows the time in full may
 * be about something elsewhere.
 */
function validatePlace(event: Event): FieldError[] {
  const { namespace } = event.metadata;
  const about = event.involvedObject?.namespace ?? '';
  const elsewhere = Boolean(event.eventTime) && about !== '';
  const fits =
    elsewhere || about === namespace || (about === '' && (namespace === 'default' || namespace === 'kube-system'));
  return fits ? [] : [invalid('involvedObject.namespace', about, 'does not match event.namespace')];
}

const WORDS = 128;
const MESSAGE = 1024;

function validateModern(event: Event): FieldError[] {
  const reporter = event.reportingComponent;
  const limited = (field: string, text: string | undefined) => {
    if (!text) return [required(field)];
    return text.length > WORDS ? [invalid(field, '', `can have at most ${WORDS} characters`)] : [];
  };
  return [
    ...(reporter ? [] : [required('reportingController')]),
    ...checked('reportingController', reporter ?? '', qualifiedName),
    ...limited('reportingInstance', event.reportingInstance),
    ...limited('action', event.action),
    ...limited('reason', event.reason),
    ...((event.message?.length ?? 0) > MESSAGE
      ? [invalid('message', '', `can have at most ${MESSAGE} characters`)]
      : []),
  ];
}

function firstSeen(event: Event): string | undefined {
  return event.firstTimestamp || event.eventTime;
}

function lastSeen(event: Event): string | undefined {
  return event.series?.lastObservedTime || event.lastTimestamp || firstSeen(event);
}

function objectText({ involvedObject }: Event): string {
  const kind = (involvedObject?.kind ?? '').toLowerCase();
  return involvedObject?.name ? `${kind}/${involvedObject.name}` : kind;
}

function sourceText(event: Event): string {
  const component = event.source?.component || event.reportingComponent || '';
  const instance = event.source?.component ? event.source.host : event.reportingInstance;
  return instance ? `${component}, ${instance}` : component;
}

/** Columns of both versions of events, which name the same things differently. */
export const eventColumns: readonly Column<Event>[] = [
  column('Last Seen', (e, now) => age(lastSeen(e), now)),
  column('Type', (e) => e.type ?? ''),
  column('Reason', (e) => e.reason ?? ''),
  column('Object', objectText),
  wideColumn('Subobject', (e) => e.involvedObject?.fieldPath ?? ''),
  wideColumn('Source', sourceText),
  column('Message', (e) => (e.message ?? '').trim()),
  wideColumn('First Seen', (e, now) => age(firstSeen(e), now)),
  wideColumn('Count', (e) => e.series?.count ?? (e.count || 1)),
  { ...wideColumn<Event>('Name', (e) => e.metadata.name), format: 'name' },
];

export const event = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  defaultPropagation: 'Unsupported',
  namespaced: true,
  shortNames: ['ev'],
  ttl: EVENT_TTL,
  createOnUpdate: true,
  columns: eventColumns,
  selectableFields: {
    'involvedObject.kind': (e) => e.involvedObject?.kind ?? '',
    'involvedObject.namespace': (e) => e.involvedObject?.namespace ?? '',
    'involvedObject.name': (e) => e.involvedObject?.name ?? '',
    'involvedObject.uid': (e) => e.involvedObject?.uid ?? '',
    'involvedObject.apiVersion': (e) => e.involvedObject?.apiVersion ?? '',
    'involvedObject.resourceVersion': (e) => e.involvedObject?.resourceVersion ?? '',
    'involvedObject.fieldPath': (e) => e.involvedObject?.fieldPath ?? '',
    reason: (e) => e.reason ?? '',
    reportingComponent: (e) => e.reportingComponent ?? '',
    source: (e) => e.source?.component || e.reportingComponent || '',
    type: (e) => e.type ?? '',
  },
  setDefaults(e) {
    e.source ??= {};
    e.involvedObject ??= {};
    e.reportingComponent ??= '';
    e.reportingInstance ??= '';
  },
  validate,
});
