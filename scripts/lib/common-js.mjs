import ts from 'typescript';

/**
 * Makes the CommonJS module of an ES module that rollup has made. What is imported is taken by its name when the module is loaded: so all
 * but the first lines and the last is the same text, and a call of another file's function costs no more than one of its own.
 *
 * @throws Error if the module has what cannot be taken so: an export that changes later, or one of all that another module has.
 */
export function commonJs(text) {
  const { statements } = ts.createSourceFile('dist.js', text, ts.ScriptTarget.ES2022, true);
  const imports = statements.filter(ts.isImportDeclaration).map(taken);
  const exported = statements.filter(ts.isExportDeclaration).map((statement, index) => given(statement, `$${index}`));
  const inner = statements.filter((one) => !ts.isImportDeclaration(one) && !ts.isExportDeclaration(one));
  const locals = new Set(exported.flatMap((one) => one.locals));
  const names = exported.flatMap((one) => one.names);
  // Tells what imports a default that this is the module, and not the default.
  const mark = names.some((one) => /^default\b/.test(one)) ? "Object.defineProperty(module.exports, '__esModule', { value: true });\n" : '';
  return [
    "'use strict';",
    ...imports,
    ...exported.flatMap((one) => one.heads),
    inner.map((statement) => rewritten(statement, locals)).join('').trim(),
    // One literal: Node finds the names in it when an ES module imports from this one.
    `module.exports = { ${names.join(', ')} };`,
    mark,
  ].join('\n');
}

/** The statement for an import. */
function taken({ importClause, moduleSpecifier }) {
  const loading = `require(${moduleSpecifier.getText()});`;
  if (importClause === undefined) return loading;
  const { name, namedBindings } = importClause;
  if (name !== undefined && namedBindings !== undefined) throw new Error(`imported in two ways: ${importClause.getText()}`);
  // As in an ES module of Node, the default of a CommonJS module is the whole.
  if (name !== undefined) return `const ${name.text} = ${loading}`;
  if (ts.isNamespaceImport(namedBindings)) return `const ${namedBindings.name.text} = ${loading}`;
  const names = namedBindings.elements.map((one) => pair(one.propertyName ?? one.name, one.name.text));
  return `const { ${names.join(', ')} } = ${loading}`;
}

/** What an `export { … }` gives, and what that loads; `place` is a name for what it loads. */
function given({ exportClause, moduleSpecifier }, place) {
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) throw new Error('an export has no list of names');
  const listed = exportClause.elements.map((one) => ({ name: one.name, local: (one.propertyName ?? one.name).text }));
  if (moduleSpecifier === undefined) {
    return { heads: [], locals: listed.map(({ local }) => local), names: listed.map(({ name, local }) => pair(name, local)) };
  }
  const heads = [`const ${place} = require(${moduleSpecifier.getText()});`];
  return { heads, locals: [], names: listed.map(({ name, local }) => `${name.text}: ${place}.${local}`) };
}

function pair({ text }, local) {
  return text === local ? text : `${text}: ${local}`;
}

/** The text of a statement, with what an ES module alone can say said otherwise. */
function rewritten(statement, exported) {
  const edits = [];
  const visit = (node) => {
    if (ts.isIdentifier(node) && exported.has(node.text) && isChange(node)) throw new Error(`the export ${node.text} changes later`);
    const put = ts.isCallExpression(node) ? loaded(node) : ts.isMetaProperty(node) ? metaOf(node) : undefined;
    if (put === undefined) ts.forEachChild(node, visit);
    else edits.push({ start: node.getStart(), end: node.getEnd(), put });
  };
  visit(statement);
  const from = statement.getFullStart();
  return edits.reduceRight((text, { start, end, put }) => text.slice(0, start - from) + put + text.slice(end - from), statement.getFullText());
}

/** Our own files are loaded as CommonJS ones; not so a package, which may have ES modules only. */
function loaded({ expression, arguments: [argument] }) {
  const isOwn = expression.kind === ts.SyntaxKind.ImportKeyword && ts.isStringLiteral(argument) && argument.text.startsWith('./');
  return isOwn ? `Promise.resolve().then(() => require(${argument.getText()}))` : undefined;
}

function metaOf({ parent }) {
  if (!ts.isPropertyAccessExpression(parent) || parent.name.text !== 'url') throw new Error('import.meta has an url, and nothing else');
  return "({ url: require('node:url').pathToFileURL(__filename).href })";
}

function isChange(node) {
  const { parent } = node;
  if (ts.isBinaryExpression(parent)) return parent.left === node && ts.isAssignmentOperator(parent.operatorToken.kind);
  return (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) && /^(\+\+|--)|(\+\+|--)$/.test(parent.getText());
}
