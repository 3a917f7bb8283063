const vscode = require('vscode');

exports.activate = async () => {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (folder === undefined) return;
  const sample = vscode.Uri.joinPath(folder.uri, 'shapes_mobilenetv2.onnx');
  await vscode.commands.executeCommand('vscode.openWith', sample, 'caliper.model');
};
