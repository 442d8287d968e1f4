import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * Rewrites the libraries' classes in the command line's jar: without the names of local variables,
 * which only a debugger reads, and none of a class version before Java 7, which an archive of
 * classes refuses. Line numbers stay.
 */
final class LeanJar {

  private LeanJar() {}

  /** Takes the jar. */
  public static void main(String[] arguments) throws IOException {
    Path jar = Path.of(arguments[0]);
    Path lean = Path.of(arguments[0] + ".lean");
    try (ZipFile from = new ZipFile(jar.toFile());
        URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()});
        OutputStream file = Files.newOutputStream(lean);
        ZipOutputStream to = new ZipOutputStream(file)) {
      to.setLevel(Deflater.BEST_COMPRESSION);
      for (var entries = from.entries().asIterator(); entries.hasNext(); ) {
        ZipEntry entry = entries.next();
        // Without a time zone, and without what the compressor of another build may have written.
        ZipEntry copy = new ZipEntry(entry.getName());
        copy.setTimeLocal(entry.getTimeLocal());
        to.putNextEntry(copy);
        try (InputStream content = from.getInputStream(entry)) {
          byte[] bytes = content.readAllBytes();
          to.write(isLibraryClass(entry.getName()) ? rewrite(bytes, classes) : bytes);
        }
        to.closeEntry();
      }
    }
    Files.move(lean, jar, StandardCopyOption.REPLACE_EXISTING);
  }

  private static boolean isLibraryClass(String name) {
    return name.endsWith(".class") && !name.startsWith("io/fleetstop/");
  }

  private static byte[] rewrite(byte[] bytes, ClassLoader classes) {
    ClassReader reader = new ClassReader(bytes);
    boolean old = reader.readUnsignedShort(6) < Opcodes.V1_7;
    ClassWriter writer =
        new ClassWriter(old ? ClassWriter.COMPUTE_FRAMES : 0) {
          @Override
          protected ClassLoader getClassLoader() {
            return classes;
          }
        };
    reader.accept(new WithoutVariables(writer, old), old ? ClassReader.SKIP_FRAMES : 0);
    return writer.toByteArray();
  }

  private static final class WithoutVariables extends ClassVisitor {

    private final boolean old;

    WithoutVariables(ClassVisitor next, boolean old) {
      super(Opcodes.ASM9, next);
      this.old = old;
    }

    @Override
    public void visit(
        int version,
        int access,
        String name,
        String signature,
        String parent,
        String[] interfaces) {
      super.visit(old ? Opcodes.V1_8 : version, access, name, signature, parent, interfaces);
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      return new MethodVisitor(
          Opcodes.ASM9, super.visitMethod(access, name, descriptor, signature, exceptions)) {
        @Override
        public void visitLocalVariable(
            String name, String descriptor, String signature, Label start, Label end, int index) {
          // left out
        }
      };
    }
  }
}
