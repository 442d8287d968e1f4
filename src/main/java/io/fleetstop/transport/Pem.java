package io.fleetstop.transport;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Certificates and keys from PEM files, as the JDK wants them. No message quotes a file's content.
 *
 * <p>Netty's own reader is not enough: it reads keys of RSA, DSA and EC only, not Ed25519, keeps
 * the password in a string, reads files of any size and kind, and has no public method but for a
 * whole {@code SslContext}, where {@link TlsOptions} needs a key store. Both read PKCS#8, plain or
 * encrypted; neither reads PKCS#1 ({@code BEGIN RSA PRIVATE KEY}), which {@code openssl pkcs8
 * -topk8} converts.
 */
final class Pem {

  private static final Pattern BLOCK =
      Pattern.compile(
          "-----BEGIN (ENCRYPTED )?PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END"
              + " (ENCRYPTED )?PRIVATE KEY-----");
  private static final List<String> ALGORITHMS = List.of("EC", "RSA", "Ed25519", "Ed448");

  private Pem() {}

  static List<X509Certificate> certificates(Path file) throws IOException {
    byte[] text = SmallFile.read(file, SmallFile.MAX_CERTIFICATES);
    try {
      return CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(withoutKeys(text)))
          .stream()
          .map(X509Certificate.class::cast)
          .toList();
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("certificates must be PEM, cannot read " + file, e);
    }
  }

  /** A file may hold a certificate and its key, which the JDK does not skip. */
  private static byte[] withoutKeys(byte[] text) {
    // One character for each byte: the file may also be binary.
    String latin = new String(text, StandardCharsets.ISO_8859_1);
    return BLOCK.matcher(latin).replaceAll("").getBytes(StandardCharsets.ISO_8859_1);
  }

  static PrivateKey privateKey(Path file, char[] password) throws IOException {
    byte[] text = SmallFile.read(file, SmallFile.MAX_TEXT);
    Matcher block = BLOCK.matcher(new String(text, StandardCharsets.US_ASCII));
    if (!block.find()) {
      throw new IllegalArgumentException("clientKey must be a PKCS#8 key in PEM, was not: " + file);
    }
    byte[] der = Base64.getMimeDecoder().decode(block.group(2));
    try {
      return key(block.group(1) == null ? new PKCS8EncodedKeySpec(der) : decrypted(der, password));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("clientKey must open with the given password: " + file, e);
    }
  }

  private static PKCS8EncodedKeySpec decrypted(byte[] der, char[] password)
      throws IOException, GeneralSecurityException {
    EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
    // For PBES2 the parameters alone name the actual algorithm.
    String algorithm =
        info.getAlgName().equals("PBES2") || info.getAlgName().startsWith("1.")
            ? info.getAlgParameters().toString()
            : info.getAlgName();
    Key key = SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password));
    Cipher cipher = Cipher.getInstance(algorithm);
    cipher.init(Cipher.DECRYPT_MODE, key, info.getAlgParameters());
    return info.getKeySpec(cipher);
  }

  private static PrivateKey key(PKCS8EncodedKeySpec spec) throws GeneralSecurityException {
    GeneralSecurityException last = null;
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (GeneralSecurityException e) {
        last = e;
      }
    }
    throw new GeneralSecurityException("not a key of " + ALGORITHMS, last);
  }

  static KeyStore storeOf(List<X509Certificate> certificates) {
    try {
      KeyStore store = empty();
      for (int i = 0; i < certificates.size(); i++) {
        store.setCertificateEntry("certificate-" + i, certificates.get(i));
      }
      return store;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("trustOnly must be certificates that can be stored", e);
    }
  }

  static KeyStore storeOf(PrivateKey key, List<X509Certificate> certificates) {
    try {
      KeyStore store = empty();
      store.setKeyEntry("key", key, new char[0], certificates.toArray(Certificate[]::new));
      return store;
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IllegalArgumentException("clientKey must come with its certificates", e);
    }
  }

  /** Adds what a factory trusts, or the JDK if it is {@code null}. */
  static KeyStore withTrusted(KeyStore store, @Nullable TrustManagerFactory trusted) {
    try {
      TrustManagerFactory factory = trusted;
      if (factory == null) {
        factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
      }
      int number = 0;
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509TrustManager x509) {
          for (X509Certificate issuer : x509.getAcceptedIssuers()) {
            store.setCertificateEntry("trusted-" + number++, issuer);
          }
        }
      }
      return store;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("the trust store of the JDK cannot be read", e);
    }
  }

  static TrustManagerFactory trustManagers(KeyStore store) {
    try {
      if (store.size() == 0) {
        throw new IllegalArgumentException(
            "trustOnly must hold at least one certificate, was empty");
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return factory;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("trustOnly must be a loaded key store", e);
    }
  }

  private static KeyStore empty() throws GeneralSecurityException {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      return store;
    } catch (IOException e) {
      throw new GeneralSecurityException(e);
    }
  }
}
