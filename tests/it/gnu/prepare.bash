# The files on which the lines of corpus.txt work, in the current folder.
printf '%s\n' A B C > abc-file
printf '%s\n' D E F > def-file
printf 'A\0B\0C\0' > abc0-file
printf 'A_B_C_' > abc_-file
printf 'f1\tf2\nA\tB\nC\tD\n' > tsv-file.tsv
seq 8 > num8
seq 128 > num128
seq 30000 > num30000
(echo %head1; echo %head2; seq 10) > num_%header
printf HHHHAAABBBCCC > fixedlen
printf 'foo\tbar\nbaz \t quux\n' > table_file.tsv
printf 'Name\tE-mail address\nJoe\tjoe@example.com\nAnn\tann@example.com\n' > addressbook.tsv
printf '>Sequence name1\nsequence\nsequence continued\n>Sequence name2\nsequence\nmore sequence\n' > file.fasta
printf '%s\n' abc-file def-file > list
for name in one.html two.html a.log b.log c.log foo.jpg bar.jpg tone.wav 'FOO.txt' 'two words.txt' foo.es.ext bar.es.ext; do
  echo "FOO BAR in $name" > "$name"
done
mkdir -p dir/sub
echo one > dir/one
echo two > dir/sub/two
