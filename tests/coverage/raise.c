/* What a process covered is written when it exits, and one that a signal ends
 * does not: so before it raises one against itself. Linked with --wrap=raise. */
void __gcov_dump(void);
int __real_raise(int number);
int __wrap_raise(int number);

int __wrap_raise(int number)
{
    __gcov_dump();
    return __real_raise(number);
}
