package io.fleetstop.cli;

import io.fleetstop.cli.output.SystemTerminal;
import java.io.File;
import java.io.IOException;
import java.util.List;
import org.asciidoctor.Asciidoctor;
import org.asciidoctor.Attributes;
import org.asciidoctor.Options;
import org.asciidoctor.SafeMode;
import picocli.CommandLine;
import picocli.codegen.docgen.manpage.ManPageGenerator;

/** Writes the manual page of each command: as AsciiDoc first, then as troff. */
final class ManPages {

  private ManPages() {}

  /** Takes a folder for AsciiDoc, a folder for troff, the version and the day of the pages. */
  public static void main(String[] arguments) throws IOException {
    File asciiDoc = new File(arguments[0]);
    SystemTerminal terminal = new SystemTerminal(() -> {}, () -> {});
    CommandLine commands =
        new Commands(terminal, List.of()).addTo(new CommandLine(RootSpec.of(() -> {})), List.of());
    ManPageGenerator.generateManPage(
        asciiDoc, null, new boolean[0], true, commands.getCommandSpec());

    Attributes attributes =
        Attributes.builder()
            .attribute("mansource", "fleetstop " + arguments[2])
            .attribute("revnumber", arguments[2])
            .attribute("docdate", arguments[3])
            .attribute("reproducible", "")
            .build();
    Options options =
        Options.builder()
            .backend("manpage")
            .safe(SafeMode.UNSAFE) // it writes to another folder than it reads from
            .toDir(new File(arguments[1]))
            .mkDirs(true)
            .attributes(attributes)
            .build();
    try (Asciidoctor asciidoctor = Asciidoctor.Factory.create()) {
      for (File page : asciiDoc.listFiles((folder, name) -> name.endsWith(".adoc"))) {
        asciidoctor.convertFile(page, options);
      }
    }
  }
}
