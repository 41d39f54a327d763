import type { EventsV1Event } from '@kubernetes/client-node';
import { defineKind, type Conversion } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import type { Column } from '../../apimachinery/table.ts';
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
  validate: (e) =>
    coreEvent.validate!(conversion.toStored(e) as CoreEvent).map((error) => ({
      ...error,
      field: error.field.replace('involvedObject', 'regarding'),
    })),
});
