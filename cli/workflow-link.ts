/** Address of a workflow in the Temporal UI; null if nobody knows where that is. */
export function workflowLink(ui: string | null, namespace: string, workflowId: string): string | null {
  return ui === null ? null : `${ui}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
}
