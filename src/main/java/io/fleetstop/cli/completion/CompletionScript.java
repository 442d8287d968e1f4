package io.fleetstop.cli.completion;

import io.fleetstop.cli.completion.CompletedCommand.CompletedOption;
import io.fleetstop.cli.completion.CompletedCommand.Kind;
import io.fleetstop.cli.completion.CompletedCommand.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Generates completion scripts. Profiles are read when they are completed, by {@code fleetstop
 * completion --values profiles}: a script that was written earlier would not know them. Their names
 * are never evaluated by the shell.
 */
public final class CompletionScript {

  private final List<CompletedCommand> commands;
  private final CompletedCommand root;

  private CompletionScript(List<CompletedCommand> commands) {
    this.root = commands.get(0);
    this.commands = commands.subList(1, commands.size());
  }

  /** Creates the scripts of a command and its subcommands. */
  public static CompletionScript of(CommandSpec root) {
    return new CompletionScript(CompletedCommand.of(root));
  }

  /** Returns the script for bash, from version 3.2 on. */
  public String bash() {
    Map<String, List<String>> byAction = new LinkedHashMap<>();
    for (CompletedCommand command : commands) {
      for (CompletedOption option : command.options()) {
        Value value = option.value();
        if (value != null) {
          List<String> patterns =
              byAction.computeIfAbsent(bashAction(value), action -> new ArrayList<>());
          option.names().forEach(name -> patterns.add(command.name() + ":" + name));
        }
      }
    }
    StringBuilder values = new StringBuilder();
    byAction.forEach(
        (action, patterns) ->
            values.append(
                "    " + String.join("|", patterns) + ")\n      " + action + "; return ;;\n"));
    StringBuilder words = new StringBuilder();
    for (CompletedCommand command : commands) {
      words.append("    " + command.name() + ")\n      case $cur in\n");
      words.append("        -*) _fleetstop_words " + quoted(names(command)) + " ;;\n");
      if (command.parameter().kind() != Kind.ANY) {
        words.append("        *) " + bashAction(command.parameter()) + " ;;\n");
      }
      words.append("      esac ;;\n");
    }
    return BASH.replace("@VALUES@", values)
        .replace("@COMMANDS@", words)
        .replace("@ROOT@", quoted(commandNames() + " " + names(root)));
  }

  private static String bashAction(Value value) {
    return switch (value.kind()) {
      case ANY -> ":";
      case WORD -> "_fleetstop_words " + quoted(String.join(" ", value.words()));
      case FILE -> "_fleetstop_files";
      case JOURNAL -> "_fleetstop_journals";
      case PROFILE -> "_fleetstop_profiles";
    };
  }

  /** Returns the script for zsh. */
  public String zsh() {
    StringBuilder names = new StringBuilder();
    StringBuilder arguments = new StringBuilder();
    for (CompletedCommand command : commands) {
      names.append("    " + quoted(command.name() + ":" + command.description()) + "\n");
      arguments.append("        " + command.name() + ")\n          _arguments -s -S");
      for (CompletedOption option : command.options()) {
        option
            .names()
            .forEach(name -> arguments.append(" \\\n            " + quoted(zsh(option, name))));
      }
      if (command.parameter().kind() != Kind.ANY) {
        arguments.append(" \\\n            " + quoted("*:" + zsh(command.parameter())));
      }
      arguments.append(" ;;\n");
    }
    return ZSH.replace("@NAMES@", names).replace("@ARGUMENTS@", arguments);
  }

  private static String zsh(CompletedOption option, String name) {
    String description =
        option.description().replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]");
    Value value = option.value();
    boolean attached = value != null && name.startsWith("--");
    return (option.repeatable() ? "*" : "")
        + name
        + (attached ? "=" : "")
        + "["
        + description
        + "]"
        + (value == null ? "" : ":" + zsh(value));
  }

  private static String zsh(Value value) {
    String action =
        switch (value.kind()) {
          case ANY -> " ";
          case WORD -> "(" + String.join(" ", value.words()) + ")";
          case FILE -> "_files";
          case JOURNAL -> "_files -g \"*.jsonl(-.)\"";
          case PROFILE -> "_fleetstop_profiles";
        };
    return value.label().replaceAll("[^A-Za-z]+", "-") + ":" + action;
  }

  /** Returns the script for fish. */
  public String fish() {
    StringBuilder script = new StringBuilder(FISH);
    String start = "complete -c fleetstop ";
    for (CompletedCommand command : commands) {
      script.append(
          start
              + "-n __fish_use_subcommand -a "
              + command.name()
              + " -d "
              + fish(command.description())
              + "\n");
    }
    for (CompletedCommand command : commands) {
      String within = start + "-n " + fish("__fish_seen_subcommand_from " + command.name());
      for (CompletedOption option : command.options()) {
        Value value = option.value();
        String offered = value == null ? "" : fish(value);
        script.append(within + fishNames(option) + offered + " -d " + fish(option.description()));
        script.append("\n");
      }
      if (command.parameter().kind() != Kind.ANY) {
        script.append(within + fish(command.parameter()).replace(" -x", "") + "\n");
      }
    }
    return script.toString();
  }

  private static String fishNames(CompletedOption option) {
    return option.names().stream()
        .map(
            name -> name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1))
        .collect(Collectors.joining());
  }

  private static String fish(Value value) {
    return switch (value.kind()) {
      case ANY -> " -x";
      case WORD -> " -x -a " + fish(String.join(" ", value.words()));
      case FILE -> " -r -F";
      case JOURNAL -> " -x -a '(__fleetstop_journals)'";
      case PROFILE -> " -x -a '(fleetstop completion --values profiles 2>/dev/null)'";
    };
  }

  private static String fish(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }

  private String commandNames() {
    return commands.stream().map(CompletedCommand::name).collect(Collectors.joining(" "));
  }

  private static String names(CompletedCommand command) {
    return command.options().stream()
        .flatMap(option -> option.names().stream())
        .collect(Collectors.joining(" "));
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  private static final String BASH =
      """
      # bash completion of fleetstop: source <(fleetstop completion bash)
      _fleetstop_words() {
        COMPREPLY=($(compgen -W "$1" -- "$cur"))
      }
      # Names may be patterns, which an array of words would expand.
      _fleetstop_lines() {
        local line
        while IFS= read -r line; do
          COMPREPLY+=("$line")
        done
      }
      _fleetstop_files() {
        compopt -o filenames 2>/dev/null
        _fleetstop_lines < <(compgen -f -- "$cur")
      }
      _fleetstop_journals() {
        compopt -o filenames 2>/dev/null
        _fleetstop_lines < <(compgen -f -X '!*.jsonl' -- "$cur"; compgen -d -- "$cur")
      }
      _fleetstop_profiles() {
        local name
        while IFS= read -r name; do
          case $name in
            "$cur"*) COMPREPLY+=("$(printf %q "$name")") ;;
          esac
        done < <("${COMP_WORDS[0]}" completion --values profiles 2>/dev/null)
      }
      _fleetstop() {
        local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= i
        COMPREPLY=()
        # bash splits words at =
        if [ "$cur" = "=" ]; then
          cur=
        elif [ "$prev" = "=" ] && [ "$COMP_CWORD" -gt 1 ]; then
          prev=${COMP_WORDS[COMP_CWORD-2]}
        fi
        for ((i = 1; i < COMP_CWORD; i++)); do
          case ${COMP_WORDS[i]} in
            -*) ;;
            *) command=${COMP_WORDS[i]}; break ;;
          esac
        done
        case $command:$prev in
      @VALUES@  esac
        case $command in
          '') _fleetstop_words @ROOT@ ;;
      @COMMANDS@  esac
      }
      complete -F _fleetstop fleetstop
      """;

  private static final String ZSH =
      """
      #compdef fleetstop
      # zsh completion of fleetstop: source <(fleetstop completion zsh)
      _fleetstop_profiles() {
        local -a names
        names=("${(@f)$(fleetstop completion --values profiles 2>/dev/null)}")
        compadd -a names
      }
      _fleetstop() {
        local curcontext=$curcontext state line
        local -a commands
        commands=(
      @NAMES@  )
        _arguments -C '(-h --help)'{-h,--help}'[Show the help]' '1:command:->command' \\
          '*::argument:->argument'
        case $state in
          command) _describe command commands ;;
          argument)
            case $words[1] in
      @ARGUMENTS@      esac ;;
        esac
      }
      if [ "$funcstack[1]" = _fleetstop ]; then
        _fleetstop "$@"
      else
        (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
        compdef _fleetstop fleetstop
      fi
      """;

  private static final String FISH =
      """
      # fish completion of fleetstop: fleetstop completion fish | source
      function __fleetstop_journals
          set -l word (commandline -ct | string replace -r -- '^--[a-z-]*=' '')
          for file in $word*.jsonl $word*/
              echo $file
          end
      end
      complete -c fleetstop -f
      """;
}
