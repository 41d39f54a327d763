import type { EventsV1Event } from '@kubernetes/client-node';
import { invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, type Conversion } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import type { Column } from '../../apimachinery/table.ts';
import { immutable } from '../meta-v1/checks.ts';
import { EVENT_TTL, event as coreEvent, eventColumns, type Event as CoreEvent } from '../core-v1/event.ts';

export type Event = Resource<EventsV1Event>;

/** What this version calls each field that the core version names differently. */
const NAMES = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
] as const;

function rename(object: object, names: readonly (readonly [string, string])[]): Record<string, unknown> {
  const map = new Map(names);
  return Object.fromEntries(Object.entries(object).map(([field, value]) => [map.get(field) ?? field, value]));
}

/** Events are kept in the core version; the two differ in names only. */
const conversion: Conversion<Event> = {
  toStored: (event) => ({ ...rename(event, NAMES), apiVersion: 'v1', kind: 'Event', metadata: event.metadata }),
  fromStored(stored: CoreEvent) {
    const back = NAMES.map(([name, core]) => [core, name] as const);
    const { metadata } = stored;
    return { ...rename(stored, back), apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata } as Event;
  },
};

const columns: readonly Column<Event>[] = eventColumns.map((column) => ({
  ...column,
  value: (event, now) => column.value(conversion.toStored(event) as CoreEvent, now),
}));

/** What this version calls deprecated is there to show events of the other; new ones do not have it. */
const UNSET = [
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
] as const;

function validateNew(event: Event): FieldError[] {
  const { series, deprecatedSource: source, type = '' } = event;
  const errors = series ? validateSeries(series) : [];
  if (!event.eventTime) errors.push(required('eventTime'));
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalid('type', '', `has invalid value: ${type}`));
  for (const [field, name] of UNSET) if (event[field]) errors.push(invalid(name, '', 'needs to be unset'));
  if (source?.component || source?.host) errors.push(invalid('source', '', 'needs to be unset'));
  return errors;
}

function validateSeries(series: Partial<NonNullable<Event['series']>>): FieldError[] {
  return [
    ...((series.count ?? 0) < 2 ? [invalid('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [required('series.lastObservedTime')]),
  ];
}

/** What happened stays; it only may happen again. */
const FIXED = [
  ...(['involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'type'] as const),
  ...(['eventTime', 'action', 'related', 'reportingComponent', 'reportingInstance'] as const),
];

function validateUpdate(event: Event, old: Event): FieldError[] {
  const [now, before] = [event, old].map((e) => conversion.toStored(e) as CoreEvent);
  return FIXED.flatMap((field) =>
    immutable(field === 'reportingComponent' ? 'reportingController' : field, now![field], before![field]),
  );
}

export const event = defineKind<Event>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  defaultPropagation: 'Unsupported',
  namespaced: true,
  shortNames: ['ev'],
  ttl: EVENT_TTL,
  createOnUpdate: true,
  storedAs: { group: '', plural: 'events' },
  conversion,
  columns,
  selectableFields: {
    'regarding.kind': (e) => e.regarding?.kind ?? '',
    'regarding.namespace': (e) => e.regarding?.namespace ?? '',
    'regarding.name': (e) => e.regarding?.name ?? '',
    'regarding.uid': (e) => e.regarding?.uid ?? '',
    'regarding.apiVersion': (e) => e.regarding?.apiVersion ?? '',
    'regarding.resourceVersion': (e) => e.regarding?.resourceVersion ?? '',
    'regarding.fieldPath': (e) => e.regarding?.fieldPath ?? '',
    reason: (e) => e.reason ?? '',
    reportingController: (e) => e.reportingController ?? '',
    type: (e) => e.type ?? '',
  },
  setDefaults(e) {
    e.regarding ??= {};
    e.deprecatedSource ??= {};
  },
  validate: (e, old) => [...coreEvent.validate!(conversion.toStored(e) as CoreEvent), ...(old ? [] : validateNew(e))],
  validateUpdate,
});
