/** A Relay connection from the edges of a page, asked with one more than it may show. */
export function connection<Node>(edges: readonly { node: Node; cursor: string }[], rows: number, isLater: boolean) {
  const shown = edges.slice(0, rows)
  return {
    edges: shown,
    nodes: shown.map((edge) => edge.node),
    pageInfo: {
      hasNextPage: edges.length > rows,
      hasPreviousPage: isLater,
      startCursor: shown[0]?.cursor ?? null,
      endCursor: shown.at(-1)?.cursor ?? null,
    },
  }
}
