// What the build makes of the sources: private members under short names, parameters that are fields without a second
// declaration, and no comments.
import ts from 'typescript';
import { readSources } from './sources.mjs';

/** In the order in which minifiers give them to variables: what is compressed then has fewer different words. */
const LETTERS = [...'teisrnoahcldumpfgwvbykxjqz'];

/**
 * Rewrites the classes of the sources, by type: what a class declares `private` or `protected` gets a name of one letter
 * (two if there are many), which differs from those of the classes that it extends. Nobody else can read it, so nobody
 * else is touched. Classes that users get, and those that they extend, stay as they are: a user may extend them.
 *
 * @param entries The paths of the sources whose exports users get.
 * @returns A map from the path of each source to its new text. Lines stay lines.
 */
export function slimSources(entries) {
  const { checker, files } = readSources();
  const rewriter = new Rewriter(checker, new Set(files), shortNames(files));
  for (const file of files) if (entries.includes(file.fileName)) rewriter.spare(file);
  for (const file of files) rewriter.name(file);
  return new Map(files.map((file) => [file.fileName, rewriter.rewrite(file)]));
}

class Rewriter {
  /** The declaration of each private member → its short name. */
  short = new Map();
  /** Class → how many names it and those that it extends have used. */
  counts = new Map();

  constructor(checker, files, names) {
    this.checker = checker;
    this.files = files;
    this.names = names;
  }

  /** Leaves the classes alone that an entry exports. */
  spare(entry) {
    for (const symbol of this.checker.getExportsOfModule(this.checker.getSymbolAtLocation(entry))) {
      const target = symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
      let node = target.declarations?.find((one) => ts.isClassLike(one));
      for (; node !== undefined; node = this.baseOf(node)) this.counts.set(node, 0);
    }
  }

  name(node) {
    if (ts.isClassLike(node)) this.count(node);
    ts.forEachChild(node, (child) => this.name(child));
  }

  /** Names the private members of a class, after those of the class that it extends. */
  count(node) {
    const known = this.counts.get(node);
    if (known !== undefined) return known;
    const base = this.baseOf(node);
    let count = base === undefined ? 0 : this.count(base);
    for (const member of privateMembers(node)) {
      this.short.set(member, this.sameAs(node, member) ?? this.names[count++]);
    }
    this.counts.set(node, count);
    return count;
  }

  /** A getter and a setter are one member; so is what overrides a member, or has no body of its own. */
  sameAs(node, member) {
    for (let one = node; one !== undefined; one = this.baseOf(one)) {
      for (const other of membersOf(one)) {
        if (other.name?.text === member.name.text && this.short.has(other)) return this.short.get(other);
      }
    }
    return undefined;
  }

  baseOf(node) {
    const clause = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
    if (clause === undefined) return undefined;
    const symbol = this.checker.getTypeAtLocation(clause.types[0]).symbol;
    return symbol?.declarations?.find((one) => ts.isClassLike(one) && this.files.has(one.getSourceFile()));
  }

  rewrite(file) {
    this.edits = [];
    this.visit(file);
    this.comments(file);
    let text = file.text;
    for (const { start, end, put } of this.edits.sort((a, b) => b.start - a.start || b.end - a.end)) {
      text = text.slice(0, start) + put + text.slice(end);
    }
    return text;
  }

  visit(node) {
    if (ts.isIdentifier(node)) this.identifier(node);
    else if (ts.isConstructorDeclaration(node) && node.body !== undefined) this.parameters(node);
    else if (ts.isTemplateSpan(node)) this.span(node.expression);
    ts.forEachChild(node, (child) => this.visit(child));
  }

  /** Whoever reads the package reads the types, which have them. */
  comments(file) {
    const found = new Map();
    const visit = (node) => {
      if (ts.isJSDoc(node)) {
        found.set(node.pos, node.end);
        return;
      }
      const children = node.getChildren(file);
      if (children.length > 0) children.forEach(visit);
      else {
        const from = node.getFullStart();
        const add = (start, end) => void found.set(start, end);
        ts.forEachLeadingCommentRange(file.text, from, add);
        ts.forEachTrailingCommentRange(file.text, from, add);
      }
    };
    visit(file);
    for (const [start, end] of found) {
      this.edits.push({ start, end, put: file.text.slice(start, end).replace(/[^\n]/g, '') });
    }
  }

  replace(node, put) {
    this.edits.push({ start: node.getStart(), end: node.getEnd(), put });
  }

  identifier(node) {
    const { parent } = node;
    // A parameter that is a field is a variable, too, which keeps its name.
    if (ts.isParameter(parent) && parent.name === node) return;
    if (ts.isBindingElement(parent) && ts.isObjectBindingPattern(parent.parent) && !parent.dotDotDotToken) {
      if (parent.propertyName === node || (parent.name === node && parent.propertyName === undefined)) {
        const short = this.shortOf(
          this.checker.getPropertyOfType(this.checker.getTypeAtLocation(parent.parent), node.text),
        );
        if (short !== undefined) this.replace(node, parent.propertyName === node ? short : `${short}: ${node.text}`);
        return;
      }
    }
    const short = this.shortOf(this.checker.getSymbolAtLocation(node));
    if (short !== undefined) this.replace(node, short);
  }

  shortOf(symbol) {
    if (symbol === undefined || (symbol.flags & ts.SymbolFlags.ClassMember) === 0) return undefined;
    const names = new Set((symbol.declarations ?? []).map((one) => this.short.get(one)));
    if (names.size > 1) throw new Error(`${symbol.name} is private in one of several places`);
    return [...names][0];
  }

  /** A template makes a string of a number by itself. */
  span(node) {
    if (!ts.isCallExpression(node) || node.expression.getText() !== 'String') return;
    const [argument] = node.arguments;
    if ((this.checker.getTypeAtLocation(argument).flags & ts.TypeFlags.NumberLike) === 0) return;
    this.edits.push({ start: node.getStart(), end: argument.getStart(), put: '' });
    this.edits.push({ start: argument.getEnd(), end: node.getEnd(), put: '' });
  }

  /** A parameter that is a field as well is assigned to it, as always; but the field is there for the compiler only. */
  parameters(node) {
    const fields = node.parameters.filter((one) => ts.isParameterPropertyDeclaration(one, node));
    if (fields.length === 0) return;
    for (const field of fields) {
      const [start, end] = [field.modifiers[0].getStart(), field.name.getStart()];
      this.edits.push({ start, end, put: '' });
      this.declare(node, field, field.getSourceFile().text.slice(start, end));
    }
    const put = fields.map((one) => `this.${this.short.get(one) ?? one.name.text} = ${one.name.text};`);
    const first = node.body.statements[0];
    const isSuper =
      first !== undefined &&
      ts.isExpressionStatement(first) &&
      ts.isCallExpression(first.expression) &&
      first.expression.expression.kind === ts.SyntaxKind.SuperKeyword;
    const at = isSuper ? first.getEnd() : node.body.getStart() + 1;
    this.edits.push({ start: at, end: at, put: ` ${put.join(' ')}` });
  }

  declare(node, field, modifiers) {
    const type = field.type?.getText() ?? this.checker.typeToString(this.checker.getTypeAtLocation(field));
    const either = field.questionToken === undefined ? type : `(${type}) | undefined`;
    const put = `declare ${modifiers}${this.short.get(field) ?? field.name.text}: ${either}; `;
    this.edits.push({ start: node.getStart(), end: node.getStart(), put });
  }
}

function membersOf(node) {
  const constructor = node.members.find((one) => ts.isConstructorDeclaration(one) && one.body !== undefined);
  return [...node.members, ...(constructor?.parameters ?? [])];
}

function privateMembers(node) {
  return membersOf(node).filter((one) => {
    if (ts.isConstructorDeclaration(one) || one.name === undefined || !ts.isIdentifier(one.name)) return false;
    return (ts.getCombinedModifierFlags(one) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0;
  });
}

/** Names that no member of a class, and of nothing that a class may implement, has. */
function shortNames(files) {
  const taken = new Set();
  const visit = (node) => {
    if ((ts.isTypeElement(node) || ts.isClassElement(node)) && node.name !== undefined) taken.add(node.name.getText());
    ts.forEachChild(node, visit);
  };
  files.forEach(visit);
  const names = [...LETTERS, ...LETTERS.flatMap((one) => LETTERS.map((two) => one + two))];
  return names.filter((name) => !taken.has(name));
}
