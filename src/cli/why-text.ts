import type { Pod } from '../api/core-v1/pod.ts';
import type { SchedulingDecision } from '../cluster/decisions-page.ts';

/** So many nodes are shown with their scores, and so many named of those that were refused. */
const MOST_SCORED = 10;
const MOST_NAMED = 5;

/** A decision for people: the same few lines for one node and for a thousand. */
export function explainDecision(decision: SchedulingDecision): string[] {
  return [...headline(decision), ...scoreTable(decision), ...refusedNodes(decision), ...unseenNodes(decision)];
}

function headline({ pod, node, nominatedNode, message, schedulerName, time, attempt }: SchedulingDecision): string[] {
  const name = `${pod.namespace}/${pod.name}`;
  const told = `(${schedulerName}, ${time}, attempt ${attempt})`;
  if (node !== undefined) return [`The pod ${name} was given the node ${node} ${told}.`];
  return [
    `The pod ${name} was given no node ${told}.`,
    ...(message === undefined ? [] : [`  ${message}`]),
    ...(nominatedNode ? [`  It is promised the node ${nominatedNode}, where it waits for others to go.`] : []),
  ];
}

/** Each plugin's column shows its weighted score. */
function scoreTable({ feasible, feasibleCount, node }: SchedulingDecision): string[] {
  if (feasibleCount === 0) return [];
  // Of older decisions only the scores of the chosen node are left.
  const whole = feasible.find(({ scores }) => scores.length > 0);
  if (feasibleCount === 1) return ['', `It was the only node that was found fit.`];
  const plugins = (whole?.scores ?? []).map(({ plugin, weight }) => (weight === 1 ? plugin : `${plugin} x${weight}`));
  const shown = feasible.slice(0, MOST_SCORED);
  const rows = shown.map(({ name, total, scores }) => [
    name === node ? `* ${name}` : `  ${name}`,
    `${total}`,
    ...scores.map(({ score, weight }) => `${score * weight}`),
  ]);
  const more = feasibleCount - shown.length;
  return [
    '',
    `${feasibleCount} nodes were found fit; their scores:`,
    ...aligned([['  NODE', 'TOTAL', ...plugins], ...rows]),
    ...(more > 0 ? [`  and ${more} more${feasible.length === feasibleCount ? ' (all of them: -o json)' : ''}`] : []),
  ];
}

function refusedNodes({ refused }: SchedulingDecision): string[] {
  if (refused.length === 0) return [];
  const rows = refused.map(({ plugin, reasons, count, nodes }) => {
    const names = nodes.slice(0, MOST_NAMED).join(', ');
    const more = nodes.length > 0 && count > Math.min(nodes.length, MOST_NAMED) ? ', ...' : '';
    return [`  ${count}`, plugin, reasons.join(', '), names + more];
  });
  return ['', 'Refused:', ...aligned([['  NODES', 'PLUGIN', 'REASON', 'NAMES'], ...rows])];
}

function unseenNodes({ notLookedAt }: SchedulingDecision): string[] {
  if (notLookedAt === 0) return [];
  const nodes = notLookedAt === 1 ? 'Another node was' : `Another ${notLookedAt} nodes were`;
  return ['', `${nodes} not looked at.`];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('   ')
      .trimEnd(),
  );
}

/** A pod about which no decision is remembered. */
export function explainPod({ metadata, spec, status }: Pod): string[] {
  const name = `${metadata.namespace}/${metadata.name}`;
  if (spec?.nodeName) {
    const why = 'its scheduler does not remember why: it was told so, or it happened before its last start';
    return [`The pod ${name} has the node ${spec.nodeName}; ${why}.`];
  }
  const told = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const gates = (spec?.schedulingGates ?? []).map((gate) => gate.name);
  return [
    `The pod ${name} has no node, and no scheduler of this server has tried to find one yet.`,
    ...(gates.length > 0 ? [`  It waits for the removal of its scheduling gates: ${gates.join(', ')}.`] : []),
    ...(told?.message && gates.length === 0 ? [`  ${told.message}`] : []),
    ...(gates.length === 0 ? [`  It asks for the scheduler ${spec?.schedulerName ?? 'default-scheduler'}.`] : []),
  ];
}
