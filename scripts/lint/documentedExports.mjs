/** ESLint rule: everything a module exports at its top level carries a doc comment. */
export const documentedExports = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      missing: 'Give `{{name}}` a doc comment (/** ... */): what it is, shapes and units, the errors it throws.',
    },
  },
  create(context) {
    return {
      'Program > ExportNamedDeclaration[declaration]'(node) {
        const comments = context.sourceCode.getCommentsBefore(node);
        const documented = comments.at(-1)?.type === 'Block' && comments.at(-1).value.startsWith('*');
        if (documented || isOverload(node, context.sourceCode.ast.body)) return;
        context.report({ node, messageId: 'missing', data: { name: declaredName(node.declaration) } });
      },
    };
  },
};

/** The signatures of an overloaded function after its first share the first one's comment. */
function isOverload(node, body) {
  const previous = body[body.indexOf(node) - 1];
  return (
    previous?.declaration?.type === 'TSDeclareFunction' &&
    declaredName(previous.declaration) === declaredName(node.declaration)
  );
}

function declaredName(declaration) {
  return declaration.id?.name ?? declaration.declarations?.[0]?.id.name ?? 'this';
}
